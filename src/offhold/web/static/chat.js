/* The web chat, live: sends without leaving the page, and puts in each message as the server draws it. */

const log = document.getElementById("log");
const list = document.getElementById("messages");
const state = document.getElementById("state");
const composer = document.getElementById("composer");
const box = document.getElementById("text");
const TYPING_AFTER_MS = 2000;

let last = Number(log.dataset.last);
let typing = 0;
let turn = Promise.resolve();

/** A page of ours, parsed without running or inserting anything: no markup passes through a string here. */
function fetched(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.onload = () => (request.status === 200 ? resolve(request.response) : reject(new Error(request.status)));
    request.onerror = () => reject(new Error("offline"));
    request.send();
  });
}

async function put(place) {
  if (place <= last) return;
  const found = (await fetched(`/chat/messages/${place}`)).querySelector("li");
  last = place;
  document.getElementById("empty")?.remove();
  list.querySelector(".sending:not([data-failed])")?.remove();
  list.append(document.importNode(found, true));
  say("");
  found.classList.contains("mine") || scrollBy({ top: document.body.scrollHeight, behavior: calm() });
  list.lastElementChild.scrollIntoView({ block: "nearest", behavior: calm() });
}

const calm = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

function say(text) {
  clearTimeout(typing);
  state.textContent = text;
}

function follow() {
  const events = new EventSource(`/chat/events?after=${last}`);
  const next = (event) => {
    turn = turn.then(() => put(Number(event.lastEventId))).catch(() => say("A message could not be shown. Load the page again."));
  };
  events.onmessage = next;
  events.addEventListener("said", next);
  events.addEventListener("typing", () => {
    clearTimeout(typing);
    typing = setTimeout(() => say("The bot is writing."), TYPING_AFTER_MS);
  });
  events.addEventListener("signed-out", () => {
    events.close();
    say("You were signed out. Your words are kept. Load the page again to sign in.");
  });
  addEventListener("pagehide", () => events.close());
}

/** Show at once what is being sent; the server's own copy takes its place. */
function sending(text) {
  const item = document.createElement("li");
  const bubble = document.createElement("p");
  const note = document.createElement("span");
  item.className = "mine sending";
  bubble.className = "bubble";
  bubble.textContent = text;
  note.className = "quiet";
  note.textContent = "Sending";
  item.append(bubble, note);
  list.append(item);
  item.scrollIntoView({ block: "nearest" });
  return { item, note };
}

async function send(message) {
  const { item, note } = sending(message.text);
  try {
    const answer = await fetch("/chat/messages", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(message),
    });
    if (answer.status === 401) return location.assign("/chat");
    if (!answer.ok) throw new Error(answer.status);
    note.textContent = "Sent";
  } catch {
    item.dataset.failed = "yes";
    const again = document.createElement("button");
    again.className = "as-link";
    again.textContent = "Try again";
    again.addEventListener("click", () => {
      item.remove();
      send(message);
      box.focus();
    });
    note.replaceChildren("Not sent. ", again);
  }
}

const name = () => crypto.randomUUID();

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = box.value.trim();
  if (!text) return;
  box.value = "";
  send({ text, id: name() });
});

box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  } else if (event.key === "ArrowUp" && !box.value) {
    const messages = list.querySelectorAll("li");
    const target = messages[messages.length - 1];
    if (!target) return;
    event.preventDefault();
    target.tabIndex = -1;
    target.focus();
  }
});

log.addEventListener("keydown", (event) => {
  if (event.key === "Escape") box.focus();
});

list.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!event.target.classList.contains("replies") || !button) return;
  event.preventDefault();
  const [text, payload] = button.value.split("\n");
  send({ text, payload: payload ?? "", id: name() });
  box.focus();
});

follow();
list.lastElementChild?.scrollIntoView({ block: "nearest" });
