// What the theme and formulas leave undone for readers without a mouse or without sight.
"use strict";

(() => {
  // Names that differ from the text they stand for, and roles of lists whose items are none.
  const LABELLED = ".search-button-field, .theme-switch-button, .cell > details > summary";
  document.querySelectorAll(LABELLED).forEach((element) => element.removeAttribute("aria-label"));
  document.querySelectorAll(".citation-list").forEach((element) => element.removeAttribute("role"));

  // Boxes whose content is wider than they are can be reached by keyboard, to be scrolled.
  const BOXES = ".bd-article :is(mjx-container[display], .pst-scrollable-table-container, pre, .output, div.math, .swipe)";
  function markScrollable() {
    const boxes = [...document.querySelectorAll(BOXES)];
    const wide = boxes.map((box) => box.scrollWidth > box.clientWidth); // all before the first change: one layout
    boxes.forEach((box, i) => (wide[i] ? box.setAttribute("tabindex", 0) : box.removeAttribute("tabindex")));
  }
  addEventListener("load", markScrollable);
  addEventListener("resize", markScrollable);
})();
