(() => {
  "use strict";

  // The button counts down in silence, and a screen reader is told once at the end.
  const button = document.querySelector("button[data-wait]");
  if (button) {
    const text = button.textContent;
    const free = Date.now() + button.dataset.wait * 1000;
    const tick = () => {
      const left = Math.ceil((free - Date.now()) / 1000);
      button.disabled = left > 0;
      const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      button.textContent = left > 0 ? button.dataset.waiting.replace("{time}", clock) : text;
      if (left > 0) {
        setTimeout(tick, 250);
      } else {
        const status = document.querySelector("[data-ready]");
        status.textContent = status.dataset.ready;
      }
    };
    tick();
  }

  // One click too many would spend a check, or ask for an SMS that cannot be sent.
  for (const form of document.querySelectorAll("form.sms-form")) {
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
    // Back from the next page, from the browser's memory.
    addEventListener("pageshow", () => (sent = false));
  }

  // WebOTP: the browser reads the SMS that ends with "@this-host #123456".
  const input = document.querySelector('input[autocomplete="one-time-code"]');
  if (input && "OTPCredential" in window) {
    const abort = new AbortController();
    input.form.addEventListener("submit", () => abort.abort());
    navigator.credentials
      .get({ otp: { transport: ["sms"] }, signal: abort.signal })
      .then(({ code }) => {
        input.value = code;
        input.form.requestSubmit();
      })
      .catch(() => {});
  }
})();
