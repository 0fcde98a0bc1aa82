// The timeline without loading the page anew: zoom, pan, walk through the marks, a card at each. All of it works by links too.
"use strict";
(() => {
  const DAY = 86400000;
  const EARLIEST = Date.UTC(1990, 0, 1);
  const LATEST = Date.UTC(2200, 11, 31);
  const iso = (time) => new Date(time).toISOString().slice(0, 10);
  const section = () => document.getElementById("timeline");
  const frame = () => section().querySelector(".tl-frame");
  const ends = () => [Date.parse(section().dataset.from), Date.parse(section().dataset.to)];
  const marks = () => [...frame().querySelectorAll("svg a")];
  let waiting = null;

  function addressOf(from, to) {
    const address = new URL(location.href);
    address.searchParams.set("from", iso(from));
    address.searchParams.set("to", iso(to));
    address.hash = "";
    return address;
  }

  function fragmentOf(address, part) {
    const wanted = new URL(address, location.href);
    wanted.searchParams.set("part", part);
    wanted.hash = "";
    return wanted;
  }

  async function show(address, { push = true, focus = null } = {}) {
    if (waiting) waiting.abort();
    const mine = (waiting = new AbortController());
    frame().classList.add("waiting");
    let text;
    try {
      const answer = await fetch(fragmentOf(address, "timeline"), { signal: mine.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      text = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") location.assign(address);
      return;
    }
    const found = new DOMParser().parseFromString(text, "text/html");
    await breath();
    if (waiting !== mine) return;
    const scrolled = frame().scrollLeft;
    for (const id of ["timeline", "changes"]) document.getElementById(id).replaceWith(document.adoptNode(found.getElementById(id)));
    if (scrolled) frame().scrollLeft = scrolled; // asking for it lays the page out at once
    const plain = new URL(address, location.href);
    history[push ? "pushState" : "replaceState"](null, "", plain);
    ready();
    await breath();
    if (focus && waiting === mine) focus();
  }

  // Long work goes in pieces: what the user does meanwhile comes in between.
  const breath = () => new Promise((go) => setTimeout(go));

  function move(from, to, more) {
    if (from > to) return;
    show(addressOf(Math.max(from, EARLIEST), Math.min(to, LATEST)), { push: false, focus: () => frame().focus({ preventScroll: true }), ...more });
  }

  function zoom(by, at = 0.5) {
    const [from, to] = ends();
    const days = (to - from) / DAY + 1;
    const wanted = Math.max(1, Math.round(days * by));
    if (wanted === days) return;
    const first = from + Math.round((days - wanted) * at) * DAY;
    move(first, first + (wanted - 1) * DAY);
  }

  function pan(by) {
    const [from, to] = ends();
    const days = Math.round(((to - from) / DAY + 1) * by) || Math.sign(by);
    move(from + days * DAY, to + days * DAY);
  }

  // ---- one stop of the tab key for the picture, arrows within it ----

  function walk(step) {
    const all = marks().sort((one, other) => one.x - other.x || one.lane - other.lane);
    if (!all.length) return;
    const here = all.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + step));
    turnTo(all[next]);
  }

  function lane(step) {
    const here = document.activeElement;
    const others = marks().filter((one) => Math.sign(one.lane - here.lane) === step);
    if (!others.length || here.lane === undefined) return;
    const near = Math.min(...others.map((one) => Math.abs(one.lane - here.lane)));
    const row = others.filter((one) => Math.abs(one.lane - here.lane) === near);
    turnTo(row.sort((one, other) => Math.abs(one.x - here.x) - Math.abs(other.x - here.x))[0]);
  }

  function turnTo(mark) {
    for (const one of marks()) one.setAttribute("tabindex", one === mark ? "0" : "-1");
    mark.focus();
  }

  function keys(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const level = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === "+" || event.key === "=") zoom(0.5);
    else if (event.key === "-" || event.key === "_") zoom(2);
    else if (side && event.shiftKey) pan(side * 0.25);
    else if (side) walk(side);
    else if (level) lane(level);
    else if (event.key === "Home") walk(-1e6);
    else if (event.key === "End") walk(1e6);
    else if (event.key === "Escape") hide();
    else return;
    event.preventDefault();
  }

  // ---- wheel and drag ----

  let turned = 0;
  let settled = 0;

  function wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    turned += event.deltaY;
    const box = frame().querySelector("svg").getBoundingClientRect();
    const at = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    clearTimeout(settled);
    settled = setTimeout(() => {
      zoom(Math.pow(2, Math.max(-2, Math.min(2, turned / 200))), at);
      turned = 0;
    }, 120);
  }

  let held = null;

  function press(event) {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    held = { x: event.clientX, moved: 0 };
  }

  function drag(event) {
    if (!held) return;
    held.moved = event.clientX - held.x;
    if (Math.abs(held.moved) > 5) frame().classList.add("panning");
  }

  function drop() {
    if (!held) return;
    const moved = held.moved;
    held = null;
    frame().classList.remove("panning");
    if (Math.abs(moved) <= 5) return;
    addEventListener("click", (event) => { event.preventDefault(); event.stopPropagation(); }, { capture: true, once: true });
    setTimeout(() => pan(-moved / frame().querySelector("svg").getBoundingClientRect().width), 0);
  }

  // ---- a card at the mark ----

  const cards = new Map();
  const card = document.createElement("div");
  card.className = "tl-card";
  card.id = "tl-card";
  card.setAttribute("role", "tooltip");
  card.hidden = true;
  let asked = 0;
  let going = 0;

  function say(mark) {
    clearTimeout(going);
    clearTimeout(asked);
    const line = document.createElement("p");
    line.textContent = mark.getAttribute("aria-label");
    card.replaceChildren(line);
    card.hidden = false;
    mark.setAttribute("aria-describedby", "tl-card");
    place(mark);
    const days = new Set(mark.getAttribute("aria-label").match(/\d{4}-\d\d-\d\d/g));
    const day = [...days][0];
    if (!day || (mark.classList.contains("tl-many") && days.size > 1)) return;
    asked = setTimeout(() => more(mark, day), 150);
  }

  async function more(mark, day) {
    if (!cards.has(day)) {
      const address = new URL(section().dataset.replay, location.href);
      address.searchParams.set("day", day);
      const answer = await fetch(fragmentOf(address, "card")).catch(() => null);
      if (!answer || !answer.ok) return;
      cards.set(day, await answer.text());
    }
    if (card.hidden || mark.getAttribute("aria-describedby") !== "tl-card") return;
    const found = new DOMParser().parseFromString(cards.get(day), "text/html").querySelector(".card-said");
    while (card.childElementCount > 1) card.lastElementChild.remove();
    card.append(document.adoptNode(found));
    place(mark);
  }

  function place(mark) {
    const box = mark.getBoundingClientRect();
    const whole = section().getBoundingClientRect();
    const width = card.offsetWidth;
    const left = Math.min(Math.max(box.left + box.width / 2 - whole.left - width / 2, 0), whole.width - width);
    card.style.left = `${left}px`;
    const below = box.bottom - whole.top + 8;
    const fits = box.bottom + 8 + card.offsetHeight < innerHeight;
    card.style.top = `${fits ? below : box.top - whole.top - card.offsetHeight - 8}px`;
  }

  function hide() {
    clearTimeout(asked);
    card.hidden = true;
    for (const one of document.querySelectorAll("[aria-describedby='tl-card']")) one.removeAttribute("aria-describedby");
  }

  function later() {
    clearTimeout(going);
    going = setTimeout(hide, 250);
  }

  const markOf = (event) => event.target.closest && event.target.closest(".tl-svg a");

  // ---- everything together ----

  function ready() {
    hide();
    const here = section();
    here.append(card);
    const rows = new Map();
    for (const mark of marks()) {
      const title = mark.querySelector("title");
      mark.setAttribute("aria-label", title.textContent);
      title.remove();
      mark.setAttribute("tabindex", "-1");
      const shape = mark.querySelector("use, rect");
      mark.x = Number(shape.getAttribute("x"));
      const row = mark.parentNode.classList.contains("tl-lane") ? mark.parentNode : mark.getAttribute("class").split(" ")[0];
      if (!rows.has(row)) rows.set(row, rows.size);
      mark.lane = rows.get(row);
    }
    const first = marks()[0];
    if (first) first.setAttribute("tabindex", "0");
  }

  document.addEventListener("keydown", (event) => {
    if (event.target.closest && event.target.closest(".tl-frame")) keys(event);
    else if (event.key === "Escape") hide();
  });
  document.addEventListener("wheel", (event) => { if (event.target.closest(".tl-frame")) wheel(event); }, { passive: false });
  document.addEventListener("pointerdown", (event) => { if (event.target.closest(".tl-frame")) press(event); });
  document.addEventListener("pointermove", drag);
  document.addEventListener("pointerup", drop);
  document.addEventListener("dragstart", (event) => { if (event.target.closest(".tl-frame")) event.preventDefault(); });
  document.addEventListener("pointerover", (event) => {
    if (markOf(event)) say(markOf(event));
    else if (card.contains(event.target)) clearTimeout(going);
  });
  document.addEventListener("pointerout", (event) => { if (markOf(event) || card.contains(event.target)) later(); });
  document.addEventListener("focusin", (event) => { if (markOf(event)) say(markOf(event)); });
  document.addEventListener("focusout", (event) => { if (markOf(event)) later(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".tl-spans a, .tl-svg a.tl-many, #changes .notice a");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const href = link.getAttribute("href");
    if (new URL(href, location.href).pathname !== location.pathname) return;
    event.preventDefault();
    const said = link.closest(".tl-spans") ? link.textContent : null;
    const back = () => {
      const same = said && [...section().querySelectorAll(".tl-spans a")].find((one) => one.textContent === said);
      (same || frame()).focus({ preventScroll: true });
    };
    show(href, { focus: back });
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".tl-range")) return;
    event.preventDefault();
    const [from, to] = ["from", "to"].map((name) => Date.parse(event.target.elements[name].value));
    if (from <= to) show(addressOf(from, to), { focus: () => section().querySelector(".tl-range button").focus() });
    else event.target.submit();
  });
  addEventListener("popstate", () => show(location.href, { push: false }));
  ready();
})();
