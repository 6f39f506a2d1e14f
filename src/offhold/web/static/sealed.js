/* Before a sealed answer opens: prove it with a key of this browser, else with a passkey, else show the other ways. */

import { passkeys, signWithKeys } from "./keys.js";

const form = document.getElementById("open");
const state = document.getElementById("state");
const ladder = document.getElementById("ladder");
const toggle = document.getElementById("show-ladder");

document.getElementById("problems")?.focus();
document.getElementById("other-ways").hidden = false;
document.getElementById("elsewhere").hidden = !navigator.clipboard;
document.getElementById("with-passkey").hidden = !passkeys;

async function challenge() {
  const answer = await fetch(`${form.getAttribute("action")}/challenge`);
  return (await answer.json()).challenge;
}

function open(proof) {
  form.elements.proof.value = JSON.stringify(proof);
  form.submit();
}

function otherWays(text) {
  state.textContent = text;
  ladder.hidden = false;
  toggle.setAttribute("aria-expanded", "true");
  document.getElementById("ladder-title").tabIndex = -1;
  document.getElementById("ladder-title").focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const slow = setTimeout(() => (state.textContent = "Making sure it is you."), 400);
  try {
    const asked = await challenge();
    const device = await signWithKeys(asked);
    if (device.length) return open({ challenge: asked, device });
    otherWays("This browser doesn’t hold your key.");
  } catch {
    otherWays("This browser could not use a key.");
  } finally {
    clearTimeout(slow);
  }
});

document.getElementById("passkey").addEventListener("click", async () => {
  try {
    const asked = await challenge();
    const bytes = new TextEncoder().encode(asked);
    const publicKey = { challenge: bytes, userVerification: "required", allowCredentials: [] };
    const passkey = await navigator.credentials.get({ publicKey });
    open({ challenge: asked, passkey: passkey.toJSON() });
  } catch {
    state.textContent = "No passkey was used. Nothing was shown.";
  }
});

document.getElementById("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(location.href);
  state.textContent = "Copied. Paste it in the browser you connected with.";
});

toggle.addEventListener("click", () => {
  ladder.hidden = !ladder.hidden;
  toggle.setAttribute("aria-expanded", String(!ladder.hidden));
});
