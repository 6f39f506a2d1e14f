/* An open answer: add the total up again here, and take the figures away in time. */

const HIDDEN_MS = 60_000;
const answer = document.getElementById("answer");

document.getElementById("title").focus();
recount();

/** The rows' minor units, added in whole numbers. The words appear only if they come to the total. */
function recount() {
  const rows = [...document.querySelectorAll("tr[data-minor]")];
  const total = document.querySelector("dd[data-minor]");
  if (!rows.length || !total) return;
  const sum = rows.reduce((before, row) => before + BigInt(row.dataset.minor), 0n);
  document.getElementById("recounted").hidden = sum !== BigInt(total.dataset.minor);
}

function clear() {
  const cleared = document.getElementById("cleared");
  if (!answer.isConnected) return;
  answer.remove();
  document.querySelector(".tint").classList.add("closed");
  cleared.hidden = false;
  cleared.querySelector("h1").focus();
}

let away = 0;
let escapes = 0;

setTimeout(clear, Number(answer.dataset.clears) * 1000);
document.addEventListener("visibilitychange", () => {
  clearTimeout(away);
  if (document.hidden) away = setTimeout(clear, HIDDEN_MS);
});
addEventListener("pageshow", (event) => event.persisted && clear());
addEventListener("pagehide", clear);
document.getElementById("hide").addEventListener("click", (event) => {
  event.preventDefault();
  clear();
});
addEventListener("keydown", (event) => {
  escapes = event.key === "Escape" ? escapes + 1 : 0;
  if (escapes === 2) clear();
});
