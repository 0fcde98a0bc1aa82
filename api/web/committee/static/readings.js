// Adds to the page of readings: a chosen paper gives the title that is still empty; a link to a reading unfolds its group.
"use strict";
(() => {
  const paper = document.getElementById("document-files"), title = document.getElementById("title");

  function unfold() {
    const aim = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const fold = aim && aim.closest("details.fold");
    if (fold && !fold.open) { fold.open = true; aim.scrollIntoView(); }
  }

  if (paper) paper.addEventListener("change", () => {
    if (paper.files[0] && !title.value) title.value = paper.files[0].name.replace(/\.[^.]*$/, "");
  });
  addEventListener("hashchange", unfold);
  unfold();
})();
