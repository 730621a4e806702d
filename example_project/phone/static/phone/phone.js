(() => {
  "use strict";

  const PAUSE = 1500;
  const KEPT = 10;

  const phone = document.querySelector(".phone");
  const list = phone.querySelector("ul");
  const status = phone.querySelector("[role=status]");
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" });

  // What the server has drawn can be tapped, and its time is that of this place.
  const enliven = (item) => {
    const time = item.querySelector("time");
    time.textContent = clock.format(new Date(time.dateTime));
    if (!item.dataset.code) {
      return;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "phone-sms";
    button.setAttribute("aria-describedby", "phone-tap");
    button.append(...item.firstElementChild.childNodes);
    button.addEventListener("click", () => take(item.dataset.code));
    item.firstElementChild.replaceWith(button);
  };

  // Into the page's field, as a phone's keyboard offers it; without one, to be pasted.
  const take = async (code) => {
    const input = document.querySelector('input[autocomplete="one-time-code"]');
    if (input) {
      input.value = code;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.focus();
      status.textContent = status.dataset.filled;
    } else {
      await navigator.clipboard.writeText(code);
      status.textContent = status.dataset.copied;
    }
  };

  const announce = (item) => {
    const text = item.querySelector(".phone-text").textContent;
    status.textContent = `${status.dataset.new} ${text}`;
  };

  const show = (messages) => {
    const known = new Set([...list.children].map((item) => item.dataset.id));
    for (const { id, html } of messages.reverse()) {
      if (known.has(id)) continue;
      for (const item of list.children) item.classList.remove("phone-new");
      list.insertAdjacentHTML("afterbegin", html);
      enliven(list.firstElementChild);
      announce(list.firstElementChild);
      list.scrollTop = 0;
    }
    while (list.children.length > KEPT) list.lastElementChild.remove();
  };

  let timer;
  const poll = async () => {
    clearTimeout(timer);
    try {
      const response = await fetch(phone.dataset.messages);
      if (response.status === 404) return;
      show((await response.json()).messages);
    } catch {
      // The server is being restarted.
    }
    if (!document.hidden) timer = setTimeout(poll, PAUSE);
  };

  phone.querySelector("#phone-tap").hidden = false;
  for (const item of list.children) enliven(item);
  const fresh = list.querySelector(".phone-new");
  if (fresh) announce(fresh);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else poll();
  });
  if (!document.hidden) timer = setTimeout(poll, PAUSE);
})();
