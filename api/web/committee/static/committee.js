// Adds to the pages of the committee: a ticked box shows at once what it would change; the time that is left stays right.
"use strict";
(() => {
  const form = document.querySelector("form[data-what-if]");
  let asked = 0, timer = 0;

  async function ask() {
    const mine = ++asked;
    const shown = document.getElementById("what-if");
    const body = new URLSearchParams(new FormData(form));
    body.set("act", "try");
    body.set("part", "1");
    shown.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
      const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("what-if");
      if (mine !== asked) return;
      if (!found) throw new Error("the answer has no result");
      shown.replaceChildren(...found.childNodes);
    } catch {
      if (mine === asked) form.querySelector("button[value=try]").focus();  // the button does it without script
    } finally {
      if (mine === asked) shown.removeAttribute("aria-busy");
    }
  }

  function soon(wait) {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  }

  if (form) {
    document.addEventListener("change", (event) => {
      if (event.target.form !== form) return;
      if (event.target.name === "annul") soon(200);
      else if (event.target.name.startsWith("replace-")) soon(700);
    });
  }

  const beijing = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });
  function refresh() {
    const [today, clock] = beijing.format(new Date()).split(" ");
    const hours = 23 - Number(clock.slice(0, 2));
    for (const one of document.querySelectorAll("time[data-left]")) {
      if (today > one.dataset.last) continue;
      const days = one.dataset.left.split(" ").filter((day) => day > today).length;
      const chinese = document.documentElement.lang.startsWith("zh");
      let said;
      if (days) said = chinese ? `还有 ${days} 个工作日${hours ? `零 ${hours} 小时` : ""}` : `${days} working day${days === 1 ? "" : "s"}${hours ? ` and ${hours} h` : ""} left`;
      else if (hours) said = chinese ? `还有 ${hours} 小时` : `${hours} h left`;
      else said = chinese ? "不足 1 小时" : "less than 1 h left";
      const strong = one.querySelector("strong");
      if (strong.textContent !== said) strong.textContent = said;
    }
  }
  if (document.querySelector("time[data-left]")) setInterval(refresh, 30000);

  // The language switch sends one form: the one that was typed in. Where that was several, it asks before the others are lost.
  const typed = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || form.method !== "post" || !form.id) return;
    typed.delete(form);
    typed.add(form);  // the last one is the one typed in last
  });
  const language = document.querySelector("button.switch");
  if (language) {
    language.addEventListener("click", (event) => {
      const form = [...typed].pop();
      if (form) language.setAttribute("form", form.id);
      const chinese = document.documentElement.lang.startsWith("zh");
      const said = chinese ? "这一页有几处填写，切换语言只能保留最后填写的一处。要继续吗？"
        : "You have filled in several forms; only the last one is kept when the language changes. Go on?";
      if (typed.size > 1 && !window.confirm(said)) event.preventDefault();
    });
  }

  const refused = document.getElementById("refused");
  if (refused) refused.focus();
})();
