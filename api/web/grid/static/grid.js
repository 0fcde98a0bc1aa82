// What script adds to the grid: a value is filled down its column. Without it the shared fields above do the same.
"use strict";
(() => {
  for (const button of document.querySelectorAll("[data-fill]")) {
    button.addEventListener("click", () => {
      const cells = [...document.querySelectorAll(`input[data-column="${CSS.escape(button.dataset.fill)}"]`)];
      const first = cells.findIndex((one) => one.value.trim());
      if (first < 0) { cells[0]?.focus(); return; }
      for (const one of cells.slice(first + 1)) if (!one.value.trim()) one.value = cells[first].value;
      cells[first].focus();
    });
  }
})();
