// Plays the history: the same steps as the links, without loading the page anew.
"use strict";
(() => {
  const toggle = document.getElementById("play-toggle");
  const said = document.getElementById("said");
  const step = () => document.getElementById("step");
  const link = (name) => step().querySelector(`a[data-go="${name}"]`);
  let timer = 0;
  let busy = false;
  let wanted = null; // the key pressed while a step was under way: it is taken from where that step ends

  function announce() {
    const before = [...step().querySelectorAll("h2, .now dd")].map((one) => one.innerText.trim().replace(/\s+/g, " "));
    said.textContent = before.join("; ");
  }

  async function go(href, focused) {
    if (busy || !href) return;
    busy = true;
    const address = new URL(href, location.href);
    address.searchParams.set("part", "step");
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(String(answer.status));
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      step().replaceWith(document.adoptNode(found.getElementById("step")));
      history.replaceState(null, "", href);
      for (const name of ["day", "version"]) {
        const field = document.getElementById(name);
        if (field) field.value = step().dataset.step;
      }
      for (const form of document.querySelectorAll(".basis input[name=to]")) form.value = location.pathname + location.search;
      announce();
      if (focused) (step().querySelector(`[data-go="${focused}"]`) || step()).focus({ preventScroll: true });
    } catch {
      location.assign(href);
    } finally {
      busy = false;
      const name = wanted;
      wanted = null;
      if (name) turn(name);
    }
  }

  function turn(name) {
    if (busy) wanted = name;
    else if (link(name)) go(link(name).getAttribute("href"), document.activeElement.closest("#step") ? name : null);
  }

  function playing(on) {
    clearTimeout(timer);
    toggle.setAttribute("aria-pressed", String(on));
    toggle.textContent = on ? toggle.dataset.pause : toggle.dataset.play;
    if (on) tick();
  }

  async function tick() {
    const next = link("next");
    if (!next) return playing(false);
    await go(next.getAttribute("href"));
    if (toggle.getAttribute("aria-pressed") === "true") timer = setTimeout(tick, Number(document.getElementById("speed").value));
  }

  document.addEventListener("click", (event) => {
    const one = event.target.closest("a[data-go]");
    if (!one || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    playing(false);
    go(one.getAttribute("href"), one.dataset.go);
  });
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea")) return;
    const name = { ArrowLeft: "previous", ArrowRight: "next", Home: "first", End: "last" }[event.key];
    if (name) {
      event.preventDefault();
      playing(false);
      turn(name);
    } else if (event.key === " " && !event.target.closest("button, a, summary")) {
      event.preventDefault();
      playing(toggle.getAttribute("aria-pressed") !== "true");
    }
  });
  toggle.addEventListener("click", () => playing(toggle.getAttribute("aria-pressed") !== "true"));
})();
