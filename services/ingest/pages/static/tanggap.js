// Small comforts; every page is whole without this file.
(function () {
  var root = document.documentElement;
  root.className = "on";
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    button.addEventListener("click", function () {
      var said = button.textContent;
      navigator.clipboard.writeText(button.dataset.copy).then(function () {
        button.textContent = button.dataset.done;
        setTimeout(function () { button.textContent = said; }, 2000);
      });
    });
  });
  var locate = document.getElementById("locate");
  if (locate && !navigator.geolocation) locate.remove();
  else if (locate) locate.addEventListener("click", function () {
    navigator.geolocation.getCurrentPosition(function (at) {
      document.getElementById("lat").value = at.coords.latitude.toFixed(6);
      document.getElementById("lon").value = at.coords.longitude.toFixed(6);
      locate.textContent = locate.dataset.done;
    });
  });
  document.querySelectorAll("form[data-once]").forEach(function (form) {
    form.addEventListener("submit", function (event) {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
      setTimeout(function () { delete form.dataset.sent; }, 8000);
    });
  });
})();
