// What script adds to the forms of recording. Without it every button does the same by a round trip.
"use strict";
(() => {
  const form = document.querySelector("form.entry");

  // ---- rows: added and taken away in place ----
  const renumber = (rows) => {
    const template = form.querySelector(`template[data-row="${CSS.escape(rows.dataset.rows)}"]`);
    const name = template.content.querySelector("legend").textContent.trim();
    [...rows.children].forEach((row, place) => { row.querySelector("legend").textContent = `${name} ${place + 1}`; });
  };
  const add = (button) => {
    const template = form.querySelector(`template[data-row="${CSS.escape(button.dataset.add)}"]`);
    const rows = form.querySelector(`[data-rows="${CSS.escape(button.dataset.add)}"]`);
    if (!template || !rows) return false;
    rows.querySelectorAll("[data-fresh]").forEach((one) => one.removeAttribute("data-fresh"));
    const taken = [...rows.querySelectorAll("[name]")].map((one) => Number(one.name.slice(button.dataset.add.length + 1).split("/")[0]));
    const place = String(Math.max(-1, ...taken.filter(Number.isInteger)) + 1);
    const row = template.content.firstElementChild.cloneNode(true);
    for (const one of [row, ...row.querySelectorAll("*")])
      for (const name of ["name", "id", "for", "value", "aria-describedby"])
        if (one.hasAttribute(name)) one.setAttribute(name, one.getAttribute(name).replaceAll("__n__", place));
    rows.append(row);
    renumber(rows);
    row.querySelector("input, select, textarea").focus();
    return true;
  };
  const remove = (button) => {
    const row = button.closest(".row");
    const rows = row.parentElement;
    const group = row.closest(".group");
    row.remove();
    renumber(rows);
    group.querySelector("[data-add]").focus();
    return true;
  };

  // ---- fields that only one answer asks for ----
  const answerTo = (name) => {
    const inputs = [...form.elements].filter((one) => one.name === name);
    const picked = inputs.find((one) => one.type !== "radio" || one.checked);
    return picked ? picked.value : "";
  };
  const ask = () => {
    for (const one of form.querySelectorAll("[data-when]")) {
      const [name, value] = one.dataset.when.split("=");
      const wanted = answerTo(name) === value || one.querySelector("[aria-invalid]") !== null;
      one.hidden = !wanted;
      one.querySelectorAll("input, select, textarea").forEach((input) => { input.disabled = !wanted; });
    }
  };

  // ---- a credit code's check digit (GB 32100-2015), said while it is typed; the service decides ----
  const DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  const fits = (code) => {
    if (!/^[0-9ANY][0-9]{7}[0-9A-HJ-NP-RTUWXY]{10}$/.test(code)) return false;
    let sum = 0;
    for (let place = 0; place < 17; place += 1) sum += DIGITS.indexOf(code[place]) * (3 ** place % 31);
    return DIGITS[(31 - (sum % 31)) % 31] === code[17];
  };
  const check = (input) => {
    let said = input.parentElement.querySelector(".uscc-said");
    if (!said) {
      said = document.createElement("p");
      said.setAttribute("role", "status");
      input.after(said);
    }
    const code = input.value.normalize("NFKC").replace(/[\s\p{Cf}\u2010\u2011\u2013\u2014-]/gu, "").toUpperCase();
    const zh = document.documentElement.lang.startsWith("zh");
    const right = fits(code);
    said.className = `uscc-said ${right ? "right" : "wrong"}`;
    if (!code) said.textContent = "";
    else if (right) said.textContent = zh ? "✓ 校验位正确" : "✓ The check digit fits";
    else said.textContent = zh ? "▲ 长度、字符或校验位不对，请与营业执照核对" : "▲ Length, characters or check digit are wrong: compare with the licence";
  };

  // ---- a day that may not precede another one: its calendar begins there ----
  const follow = (input) => {
    if (input.type !== "date" || !input.value) return;
    for (const one of form.querySelectorAll(`[data-after="${CSS.escape(input.name)}"]`)) one.min = input.value;
  };

  // ---- a known client's name comes with its code, where none was typed ----
  const named = (input) => {
    if (!input.list || input.list.id !== "known-clients" || !input.name.endsWith("/uscc")) return;
    const known = [...input.list.options].find((one) => one.value === input.value);
    const name = form.elements.namedItem(input.name.replace(/uscc$/, "name"));
    if (known && name && !name.value) name.value = known.label;
  };

  // ---- what is chosen from a list is shown beside the form ----
  const show = async () => {
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "stay");
    const answer = await fetch(form.action, { method: "POST", body });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("about");
    if (found) document.getElementById("about").replaceWith(document.adoptNode(found));
  };

  if (form) {
    form.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if ((button.dataset.add && add(button)) || ("remove" in button.dataset && remove(button))) event.preventDefault();
    });
    form.addEventListener("change", (event) => {
      ask();
      if (event.target.matches("[data-uscc]")) check(event.target);
      if (event.target.matches("[data-about]")) show();
      follow(event.target);
      if (event.target instanceof HTMLInputElement) named(event.target);
    });
    ask();
  }

  // ---- copying the link that is shown once ----
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const field = document.getElementById(button.dataset.copy);
      field.select();
      if (!document.execCommand("copy")) await navigator.clipboard.writeText(field.value); // the newer way needs TLS
      button.textContent = button.dataset.done;
    });
  }
})();
