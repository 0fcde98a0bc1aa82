// Files of evidence: uploaded as soon as they are chosen, with their progress. Without script they come with the form.
"use strict";
(() => {
  const zh = document.documentElement.lang.startsWith("zh");
  const token = document.querySelector('form.entry input[name="csrf"], form.panel input[name="csrf"]');
  const said = (size) => (size < 1048576 ? `${Math.max(1, Math.round(size / 1024))} KB` : `${(size / 1048576).toFixed(1)} MB`);
  const MOST = 50 * 1048576;

  const send = (to, file, progress) => new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", to);
    request.setRequestHeader("X-Steward-Form", token.value);
    request.setRequestHeader("Accept", "application/problem+json, application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress.value = event.loaded / event.total;
    });
    request.addEventListener("load", () => resolve({ status: request.status, answer: request.response || {} }));
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => resolve({ status: 0, answer: {} }));
    const body = new FormData();
    body.append("file", file, file.name);
    request.send(body);
  });

  const place = (rows, pointer) => {
    const taken = [...rows.querySelectorAll("[name]")].map((one) => Number(one.name.slice(pointer.length + 1).split("/")[0]));
    return Math.max(-1, ...taken.filter(Number.isInteger)) + 1;
  };

  const take = async (area, file) => {
    const pointer = `/${area.dataset.papers}`;
    const rows = area.querySelector("[data-rows]");
    const row = area.querySelector("template[data-file-row]").content.firstElementChild.cloneNode(true);
    const at = String(place(rows, pointer));
    for (const one of [row, ...row.querySelectorAll("*")])
      for (const name of ["name", "id", "for", "value", "aria-describedby"])
        if (one.hasAttribute(name)) one.setAttribute(name, one.getAttribute(name).replaceAll("__n__", at));
    const input = (name) => row.querySelector(`[name="${CSS.escape(`${pointer}/${at}/${name}`)}"]`);
    const status = row.querySelector("[data-said]");
    const progress = row.querySelector("progress");
    input("title").value = file.name.replace(/\.[^.]*$/, "").slice(0, 120) || file.name;
    status.textContent = `${file.name} · ${said(file.size)}`;
    rows.append(row);
    const name = row.querySelector("legend").textContent.trim();
    [...rows.children].forEach((one, number) => { one.querySelector("legend").textContent = `${name} ${number + 1}`; });
    const answered = file.size > MOST
      ? { status: 413, answer: { detail: "文件超过 50 MB，没有保存", detail_en: "the file is over 50 MB and was not kept" } }
      : await send(area.dataset.uploadTo, file, progress);
    progress.remove();
    if (answered.status !== 201) {
      const why = zh ? answered.answer.detail : answered.answer.detail_en;
      const more = zh ? answered.answer.remedy : answered.answer.remedy_en;
      const cut = answered.status === 403
        ? (zh ? "登录已更换，请刷新页面后重新选择" : "you have signed in anew: reload the page and choose it again")
        : (zh ? "没有传完，请检查网络后重新选择" : "it did not arrive whole: check the network and choose it again");
      status.textContent = `${file.name}${zh ? "：" : ": "}${why || cut}${more ? (zh ? "。" : ". ") + more : ""}`;
      status.className = "field-problem";
      row.querySelectorAll("[name^='/']").forEach((one) => { one.disabled = true; });
      row.querySelectorAll(".field").forEach((one) => { one.hidden = true; });
      return;
    }
    for (const name of ["sha256", "size", "media_type"]) input(name).value = answered.answer[name];
    const picture = row.querySelector("img");
    if (answered.answer.thumbnail) {
      picture.src = `${area.dataset.uploadTo}/${answered.answer.sha256}/thumbnail`;
      picture.hidden = false;
    }
    status.textContent = `${zh ? "✓ 已上传" : "✓ uploaded"} · ${said(file.size)}`;
  };

  let waiting = 0;
  for (const area of document.querySelectorAll("[data-papers]")) {
    for (const chooser of area.querySelectorAll('input[type="file"]')) {
      chooser.addEventListener("change", async (event) => {
        event.stopPropagation();
        const files = [...chooser.files];
        chooser.value = "";
        waiting += 1;
        for (const file of files) await take(area, file);
        waiting -= 1;
      });
    }
    area.closest("form").addEventListener("submit", (event) => {
      if (!waiting) return;
      event.preventDefault();
      area.querySelector("[data-wait]").textContent = zh ? "文件还在上传，请稍候再继续。" : "Files are still being uploaded: wait a moment.";
    });
  }
})();
