// How many questions of the survey are answered, and the way to the next open one. The form works without it.
"use strict";
(() => {
  const bar = document.querySelector(".progress");
  const form = document.querySelector("form.survey");
  if (!bar || !form) return;
  const questions = [...form.querySelectorAll("fieldset.question")];
  const [meter, said, next] = [bar.querySelector("progress"), bar.querySelector("span"), bar.querySelector("a")];
  const show = () => {
    const open = questions.filter((one) => !one.querySelector(":checked"));
    const count = questions.length - open.length;
    meter.value = count;
    said.textContent = open.length
      ? said.dataset.said.replace("{n}", count).replace("{all}", questions.length)
      : said.dataset.done;
    next.hidden = open.length === 0;
    if (open.length) next.href = `#${open[0].id}`;
  };
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
  bar.hidden = false;
})();
