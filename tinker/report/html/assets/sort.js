"use strict";
// Headings of sortable tables become buttons: without this script they are plain text, and every table reads the same.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sort(table.tBodies[0], place, head.classList.contains("n"), down ? -1 : 1);
    });
  });
}

function sort(body, place, numeric, sign) {
  const key = (row) => {
    const cell = row.cells[place];
    return numeric ? parseFloat(cell.dataset.value ?? "NaN") : cell.textContent.trim();
  };
  const rows = [...body.rows].map((row) => ({ row, key: key(row) }));
  rows.sort((a, b) => {
    if (!numeric) return sign * a.key.localeCompare(b.key, "en", { numeric: true });
    // What has no number comes last, whichever way.
    if (Number.isNaN(a.key) || Number.isNaN(b.key)) return Number.isNaN(a.key) - Number.isNaN(b.key);
    return sign * (a.key - b.key);
  });
  body.append(...rows.map((each) => each.row));
}
