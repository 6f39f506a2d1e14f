const chat = document.getElementById("chat");
const typing = document.getElementById("typing");
const say = document.getElementById("say");
let last = Math.max(0, ...[...chat.children].map((item) => Number(item.dataset.number ?? 0)));

function tapsOf(bubble) {
  const form = document.createElement("div");
  form.className = "taps";
  for (const title of bubble.taps) {
    const button = document.createElement("button");
    button.textContent = title;
    button.addEventListener("click", () => send({ tap: title }));
    form.append(button);
  }
  return form;
}

function show(bubble) {
  document.querySelectorAll(".taps, .empty").forEach((old) => old.remove());
  const item = document.createElement("li");
  item.className = bubble.mine ? "mine" : "theirs";
  const text = document.createElement("p");
  text.textContent = bubble.text;
  item.append(text);
  if (bubble.log_in) {
    const link = document.createElement("a");
    link.className = "button";
    link.href = "/log-in";
    link.textContent = "Log In";
    item.append(link);
  }
  for (const [title, address] of bubble.links) {
    const link = document.createElement("a");
    link.className = "button";
    link.href = address;
    link.textContent = title;
    item.append(link);
  }
  if (bubble.taps.length) item.append(tapsOf(bubble));
  chat.append(item);
  last = bubble.number;
}

async function look() {
  try {
    const news = await (await fetch(`/messages?after=${last}`)).json();
    news.bubbles.forEach(show);
    typing.hidden = !news.typing;
    if (news.bubbles.length) chat.scrollTop = chat.scrollHeight;
  } catch {
    typing.hidden = true;
  }
  setTimeout(look, 500);
}

async function send(fields) {
  await fetch("/say", { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
}

say.addEventListener("submit", (event) => {
  event.preventDefault();
  const field = document.getElementById("text");
  const text = field.value.trim();
  field.value = "";
  if (text) send({ text });
});
chat.scrollTop = chat.scrollHeight;
look();
