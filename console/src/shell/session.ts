// Who is signed in, and the stream of events that goes with it.
import { signal } from "@preact/signals";
import { whenSignedOut } from "../api/http";
import * as people from "../api/people";
import type { Session } from "../api/types";
import { stop as stopPlaying } from "../player/state";
import { listen, onEnding, onRenewal, stopListening } from "../live/state";

export const session = signal<Session | null>(null);
export const sessionError = signal<unknown>(null);
/** Milliseconds until the next attempt where the gateway did not say who one is. */
const RETRY = 2_000;

/** Shows the page from its beginning: nothing of another person is left in it. */
function afresh(): void {
  location.hash = "";
  location.reload();
}

/** Whose page this was last, also after their session ended. */
let owner: string | null = null;

/** Shows the page to who is signed in; `fresh`: somebody has just signed in, and may hear other events. */
function take(found: Session, fresh = false): void {
  const before = session.peek();
  const listening = before?.open.people || before?.open.admin;
  if (owner && found.name && owner !== found.name) return afresh();
  owner = found.name ?? owner;
  session.value = found;
  sessionError.value = null;
  const may = found.open.people || found.open.admin;
  if (may && (fresh || !listening)) listen();
  if (!may) stopListening();
  if (!found.open.people) stopPlaying();
}

export async function refreshSession(): Promise<void> {
  try {
    take(await people.getSession());
  } catch (error) {
    sessionError.value = error;
    if (!session.peek()) setTimeout(() => void refreshSession(), RETRY);
  }
}

export async function signIn(body: Parameters<typeof people.signIn>[0]): Promise<void> {
  take(await people.signIn(body), true);
}

/** Somebody signs out: nothing of theirs is drawn or fetched any more. */
export const leaving = signal(false);

export async function signOut(): Promise<void> {
  leaving.value = true;
  stopListening();
  await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
  stop(); // whatever is still being fetched
  try {
    await people.signOut();
  } finally {
    afresh();
  }
}

let asked = false;

/** Asks once, however many calls were refused at the same time. */
function ask(): void {
  if (asked) return;
  asked = true;
  void refreshSession().finally(() => (asked = false));
}

whenSignedOut.push(ask);
onEnding(ask);
onRenewal(ask);
