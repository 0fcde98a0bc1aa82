// Ticked rows lead to one form for all of them: the bar says how many are ticked, and a box in the head ticks them all.
"use strict";

const bar = document.getElementById("batch");
const boxes = [...document.querySelectorAll('input[form="batch"][name="agency"]')];
const english = document.documentElement.lang === "en";

function count() {
  const ticked = new Set(boxes.filter((one) => one.checked).map((one) => one.value)).size;
  bar.hidden = ticked === 0;
  bar.querySelector("[data-said]").textContent = english ? `${ticked} chosen` : `已选 ${ticked} 家`;
  const all = document.getElementById("tick-all");
  all.checked = boxes.every((one) => one.checked);
  all.indeterminate = !all.checked && ticked > 0;
}

if (bar && boxes.length > 0) {
  bar.classList.add("batch-floating");
  const all = document.createElement("input");
  all.type = "checkbox";
  all.id = "tick-all";
  all.setAttribute("aria-label", english ? "Choose all of this page" : "选择本页全部");
  all.addEventListener("change", () => {
    for (const one of boxes) one.checked = all.checked;
    count();
  });
  document.querySelector("th.tick-cell").append(all);
  for (const one of boxes) one.addEventListener("change", count);
  count();
  window.addEventListener("pageshow", count);
}
