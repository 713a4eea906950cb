"""Events of X's Account Activity."""

from typing import Any

from services.ingest.channels.message import HookRequest
from tests.recorded import SITE, post, post_json

SECRETS = ("test-consumer-secret", "older-consumer-secret")
OPTIONS: dict[str, str] = {}

# The vectors of the channels' page.
CRC_ANSWER = "sha256=0OenaH5kg4zWObQdCP9kJRSA8edmTxCoCoKfU1RWeBw="
SIGNATURE = "sha256=RIxPBQ1DHq38R6+Lql1g2s+oPdGIMaHBwU6+9FYqrL0="
SIGNED_BODY = (
    b'{"for_user_id":"1001","tweet_create_events":[{"id_str":"9001","created_at":'
    b'"Fri Nov 21 04:00:00 +0000 2025","text":"@pemkab_uji air PDAM mati 3 hari",'
    b'"user":{"id_str":"2002","screen_name":"warga_uji"},'
    b'"entities":{"user_mentions":[{"id_str":"1001"}]}}]}'
)


def call(**events: Any) -> HookRequest:
    return post_json("/hooks/x", {"for_user_id": "1001", **events})


def tweet(number: int = 9001, /, **more: Any) -> dict[str, Any]:
    return {
        "id_str": str(number),
        "created_at": "Fri Nov 21 04:00:00 +0000 2025",
        "text": f"@pemkab_uji lampu mati {number}",
        "user": {"id_str": "2002", "screen_name": "warga_uji"},
        **more,
    }


def direct(sender: str = "2002", /, **said: Any) -> dict[str, Any]:
    return {
        "type": "message_create",
        "id": "7001",
        "created_timestamp": "1763697600000",
        "message_create": {
            "target": {"recipient_id": "1001"},
            "sender_id": sender,
            "message_data": {"text": "Halo", **said},
        },
    }


PHOTO = {"type": "photo", "media_url_https": "https://pbs/1.jpg"}
VIDEO = {
    "type": "video",
    "video_info": {
        "variants": [
            {"content_type": "application/x-mpegURL", "url": "https://v/1.m3u8"},
            {"content_type": "video/mp4", "bitrate": 832000, "url": "https://v/large.mp4"},
            {"content_type": "video/mp4", "bitrate": 256000, "url": "https://v/small.mp4"},
        ]
    },
}

CALLS = {
    "post": post(SITE + "/hooks/x", SIGNED_BODY, "application/json"),
    "batch": call(
        tweet_create_events=[tweet(1), tweet(2)],
        direct_message_events=[direct()],
        users={"2002": {"screen_name": "warga_uji"}},
    ),
    "long post": call(
        tweet_create_events=[
            tweet(
                text="@pemkab_uji lampu…",
                extended_tweet={
                    "full_text": "@pemkab_uji lampu jalan mati sejak Senin",
                    "extended_entities": {"media": [PHOTO, VIDEO]},
                },
                coordinates={"type": "Point", "coordinates": [116.2, -1.9]},
                in_reply_to_status_id_str="8000",
            )
        ]
    ),
    "quote": call(tweet_create_events=[tweet(is_quote_status=True, quoted_status={})]),
    "own post": call(tweet_create_events=[tweet(user={"id_str": "1001"})]),
    "repost": call(tweet_create_events=[tweet(retweeted_status={"id_str": "1"})]),
    "deleted": call(
        tweet_delete_events=[
            {"status": {"id": "9001", "user_id": "2002"}, "timestamp_ms": "1763697600000"}
        ]
    ),
    "own deleted": call(tweet_delete_events=[{"status": {"id": "9001", "user_id": "1001"}}]),
    "direct photo": call(
        direct_message_events=[direct(attachment={"type": "media", "media": PHOTO})]
    ),
    "direct place": call(
        direct_message_events=[
            direct(
                text="",
                attachment={
                    "type": "location",
                    "location": {
                        "type": "shared_coordinate",
                        "shared_coordinate": {
                            "coordinates": {"type": "Point", "coordinates": [116.2, -1.9]}
                        },
                    },
                },
            )
        ]
    ),
    "own direct": call(direct_message_events=[direct("1001")]),
    "like": call(favorite_events=[{"id": "1"}]),
    "typing": call(direct_message_indicate_typing_events=[{"sender_id": "2002"}]),
    "revoked": post_json("/hooks/x", {"user_event": {"revoke": {}}}),
}
