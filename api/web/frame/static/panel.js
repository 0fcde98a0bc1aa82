// A record opens beside its list on a wide screen; elsewhere, and without script, its link leads to its page.
"use strict";

const wide = window.matchMedia("(min-width: 90rem)");
const english = document.documentElement.lang === "en";
let opener = null;
let wanted = 0;

function panel() {
  const found = document.getElementById("beside");
  if (found) return found;
  const made = document.createElement("section");
  made.id = "beside";
  made.className = "beside-panel";
  made.tabIndex = -1;
  made.setAttribute("aria-label", english ? "The record" : "记录");
  document.getElementById("content").append(made);
  return made;
}

function close() {
  document.getElementById("beside")?.remove();
  document.body.classList.remove("has-beside");
  wanted += 1;
  opener?.focus();
  opener = null;
}

// What the record's page shows, without what is of the page itself; ids get a name of their own.
function shown(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const content = page.getElementById("content");
  if (content === null) return null;
  for (const one of content.querySelectorAll("nav, h1, .basis, script")) one.remove();
  for (const one of content.querySelectorAll("*")) {
    if (one.id) one.id = `beside-${one.id}`;
    for (const name of ["for", "form", "popovertarget", "aria-labelledby", "aria-describedby"]) {
      if (one.hasAttribute(name)) one.setAttribute(name, one.getAttribute(name).replace(/\S+/g, "beside-$&"));
    }
    if (one.getAttribute("href")?.startsWith("#")) one.setAttribute("href", `#beside-${one.getAttribute("href").slice(1)}`);
  }
  return [...content.childNodes].map((node) => document.importNode(node, true));
}

async function open(link) {
  const mine = (wanted += 1);
  const answer = await fetch(link.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const parts = answer?.ok ? shown(await answer.text()) : null;
  if (mine !== wanted) return;
  if (parts === null) {
    window.location.href = link.href;
    return;
  }
  opener = link;
  const made = panel();
  const head = document.createElement("p");
  head.className = "beside-head";
  const whole = document.createElement("a");
  whole.href = link.href;
  whole.textContent = english ? "Open as a page" : "打开整页";
  const shut = document.createElement("button");
  shut.type = "button";
  shut.className = "button second";
  shut.textContent = english ? "Close" : "关闭";
  shut.addEventListener("click", close);
  head.append(whole, shut);
  made.replaceChildren(head, ...parts);
  document.body.classList.add("has-beside");
  made.scrollTop = 0;
  made.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-beside]");
  if (!link || !wide.matches || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  open(link);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.getElementById("beside") && !document.querySelector(":popover-open")) close();
});
wide.addEventListener("change", () => {
  if (!wide.matches && document.getElementById("beside")) close();
});
