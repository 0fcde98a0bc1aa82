/* What a browser with script adds to a score sheet: printing, and opening all lines at once. */
(() => {
  const place = document.querySelector(".by-script");
  if (!place) return;
  const lines = () => document.querySelectorAll("details.line");
  const button = (text, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "second";
    made.textContent = text;
    made.addEventListener("click", () => act(made));
    place.append(made);
  };
  if (lines().length) {
    button(place.dataset.open, (made) => {
      const open = made.textContent === place.dataset.open;
      for (const one of lines()) one.open = open;
      made.textContent = open ? place.dataset.close : place.dataset.open;
    });
  }
  button(place.dataset.print, () => window.print());
})();
