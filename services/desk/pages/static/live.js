// Live hints: pages work without this file; with it they notice changes by themselves.
"use strict";
(function () {
  var live = document.querySelector("[data-live]");
  var note = document.querySelector("[data-stream=queue]");
  var urgent = document.querySelector("[data-urgent]");

  // What waits in danger is looked at twice a minute even if no hint arrives.
  var looking = null;
  function look() {
    looking = null;
    fetch(urgent.getAttribute("data-urgent"), { credentials: "same-origin", headers: { Accept: "text/html" } })
      .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(); })
      .then(function (html) {
        var fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-urgent]");
        if (fresh && fresh.textContent !== urgent.textContent) urgent.replaceChildren.apply(urgent, Array.from(fresh.childNodes));
      })
      .catch(function () {});
  }
  function soon() { if (!looking) looking = setTimeout(look, 200); }
  if (urgent) setInterval(look, 30000);

  if ((!live && !note && !urgent) || !window.EventSource) return;

  var region = live && live.getAttribute("data-live");
  var source = new EventSource("/api/v1/stream" + (region ? "?region=" + encodeURIComponent(region) : ""));
  var waiting = null;

  function refresh() {
    waiting = null;
    fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } })
      .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(); })
      .then(function (html) {
        var fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-live]");
        if (fresh) live.replaceChildren.apply(live, Array.from(fresh.childNodes));
      })
      .catch(function () {});
  }

  function changed() {
    if (note) note.hidden = false;
    // Several hints within a second are one refresh.
    if (live && !waiting) waiting = setTimeout(refresh, 1000);
  }

  if (live) source.addEventListener("score", changed);
  if (note) source.addEventListener("queue", changed);
  if (urgent) source.addEventListener("queue", soon);
  if (urgent) source.addEventListener("resync", soon);
  source.addEventListener("resync", changed);
  source.addEventListener("error", function () {
    // Refused for good (too many live pages): look by ourselves now and then.
    if (source.readyState === EventSource.CLOSED && live) setInterval(refresh, 30000);
  });
  window.addEventListener("pagehide", function () { source.close(); });
})();
