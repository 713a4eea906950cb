"""Every metric of the product with one line of meaning; labels come from closed sets only.

State (open cases, scores, pending outbox rows, lag) is read at scrape time by collectors, so that
every replica shows the same (design §2.11); what happened is counted here.
"""

from prometheus_client import Counter, Gauge, Histogram

SUBMISSIONS = Counter(
    "tanggap_submissions",
    "Submissions by channel, kind (complaint, survey, act, event) and outcome.",
    ["channel", "kind", "outcome"],
)
EVENTS = Counter(
    "tanggap_events",
    "Events a consumer met: received, done, duplicate, retried, dead.",
    ["service", "topic", "outcome"],
)
STAGE_SECONDS = Histogram(
    "tanggap_stage_seconds",
    "Time of one batch in a stage (decode, handle, relay).",
    ["service", "stage"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
ACCEPT_TO_SCORE_SECONDS = Histogram(
    "tanggap_accept_to_score_seconds",
    "From the acceptance of a complaint or survey to its place in the score.",
    buckets=(0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 3600),
)
CLASSIFIER_CONFIDENCE = Histogram(
    "tanggap_classifier_confidence",
    "Confidence of the first OPD the classifier names.",
    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0),
)
CLASSIFIER_DEGRADED = Gauge(
    "tanggap_classifier_degraded",
    "1 while a layer of the classifier is missing or broken and the next one answers for it.",
    ["reason"],
)
CLASSIFIER_ANSWERS = Counter(
    "tanggap_classifier_answers",
    "Texts classified, by the model that answered: the whole one, or what was left of it while it "
    "was busy or broken.",
    ["model"],
)
CLASSIFICATIONS = Counter(
    "tanggap_classifications",
    "Texts classified, by what came of it: restricted, external, named or unclear.",
    ["kind", "outcome"],
)
OUTBOX_PUBLISHED = Counter(
    "tanggap_outbox_published", "Outbox rows sent to the broker and marked.", ["service"]
)
RELAY_FAILURES = Counter(
    "tanggap_relay_failures",
    "Batches of the relay that were not sent and are repeated.",
    ["service"],
)
CONSUMER_LAG = Gauge(
    "tanggap_consumer_lag",
    "Events on the broker that the service has not committed yet.",
    ["service", "topic"],
)
WATCHDOG_EXITS = Counter(
    "tanggap_watchdog_stalls", "Times a consumer made no progress while it had lag.", ["service"]
)
URGENT_ALERT_SECONDS = Histogram(
    "tanggap_urgent_alert_seconds",
    "From the receipt of a complaint that is darurat to its alert and reply, written.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400),
)
URGENT_SEEN_SECONDS = Histogram(
    "tanggap_urgent_seen_seconds",
    "From the receipt of a complaint that is darurat to the first act of a person.",
    buckets=(30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400),
)
DUTY_MESSAGES = Counter(
    "tanggap_urgent_message_attempts",
    "Attempts to reach a duty contact: sent, failed.",
    ["outcome"],
)
DELIVERY_ATTEMPTS = Counter(
    "tanggap_delivery_attempts",
    "Tries to send a message to a citizen: sent, again (trouble that passes), refused.",
    ["channel", "outcome"],
)
STATE_READ_FAILURES = Counter(
    "tanggap_state_read_failures",
    "Scrapes that could not read their state from the database.",
    ["collector"],
)
