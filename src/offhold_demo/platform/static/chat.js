// Looks for news by itself and sends forms without leaving the page. Everything also works without it.
const chat = document.getElementById("chat");
const typing = document.getElementById("typing");
const wire = document.getElementById("wire");
const field = document.getElementById("text");
const PAUSE_MS = 400;
const WIRE_SHOWN = 40;

document.querySelector(".again").remove();

function newest() {
  const numbers = [...chat.querySelectorAll("[data-number]")].map((item) => Number(item.dataset.number));
  return Math.max(0, ...numbers);
}

function toEnd() {
  chat.scrollTop = chat.scrollHeight;
}

function showBubbles(markup) {
  chat.querySelectorAll(".taps, .empty, .aside").forEach((old) => old.remove());
  document.getElementById("last")?.removeAttribute("id");
  typing.insertAdjacentHTML("beforebegin", markup);
  toEnd();
}

function showWire(markup) {
  wire.querySelector(".nothing")?.remove();
  wire.insertAdjacentHTML("afterbegin", markup);
  while (wire.children.length > WIRE_SHOWN) wire.lastElementChild.remove();
}

async function look() {
  try {
    const asked = new URLSearchParams({ bubble: newest(), crossing: wire.dataset.crossings });
    const news = await (await fetch(`/news?${asked}`)).json();
    if (news.bubbles) showBubbles(news.bubbles);
    if (news.wire) showWire(news.wire);
    wire.dataset.crossings = news.crossings;
    if (typing.hidden === news.typing) {
      typing.hidden = !news.typing;
      toEnd();
    }
  } catch {
    typing.hidden = true; // the demo was stopped; a reload will say so
  }
  setTimeout(look, PAUSE_MS);
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target, event.submitter));
  if (event.target.id === "say") field.value = "";
  fetch(event.target.action, { method: "POST", body, headers: { Accept: "application/json" } });
});

toEnd();
look();
