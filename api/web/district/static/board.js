// The lists that are worked out from all facts come in after the page, one after the other; without script their links stay.
"use strict";

async function filled(card) {
  const answer = await fetch(card.dataset.later, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const list = new DOMParser().parseFromString(await answer.text(), "text/html");
  const rows = list.querySelectorAll("#items tbody tr");
  const more = list.querySelector('a[rel="next"]') !== null;
  const count = document.createElement("span");
  count.className = "count";
  count.textContent = rows.length + (more ? "+" : "");
  card.querySelector("h3").append(" ", count);
  const state = card.querySelector("[data-state]");
  if (rows.length === 0) {
    state.textContent = document.documentElement.lang === "en" ? "Nothing waits." : "没有待办。";
    return;
  }
  const few = document.createElement("ul");
  few.className = "urgent";
  for (const row of [...rows].slice(0, 2)) few.append(item(row));
  state.replaceWith(few);
}

function item(row) {
  const [agency, matter, dates, , deeds] = row.cells;
  const one = document.createElement("li");
  const way = document.createElement("a");
  way.href = (deeds.querySelector("a") ?? agency.querySelector("a")).getAttribute("href");
  const name = document.createElement("bdi");
  name.textContent = agency.querySelector("a").textContent;
  way.append(name);
  const what = document.createElement("span");
  what.textContent = matter.firstChild.textContent.trim();
  const when = document.createElement("span");
  when.append(...[...dates.childNodes].map((node) => document.importNode(node, true)));
  one.append(way, what, when);
  return one;
}

for (const card of document.querySelectorAll("[data-later]")) {
  await_idle(() => filled(card));
}

function await_idle(work) {
  if ("requestIdleCallback" in window) requestIdleCallback(work, { timeout: 2000 });
  else setTimeout(work, 200);
}
