// The list to take along: as M3U, as a link, as a command.
import { absolute } from "../../api/http";
import { m3u, R } from "../../api/people";
import { copy } from "../../parts/copy";
import { toastError } from "../../parts/toast";
import { address } from "../../shell/route";
import { answer, rows } from "./list";
import { requestOf, toQuery, wish } from "./wish";

export async function copyM3u(): Promise<void> {
  try {
    await copy(await m3u(answer.peek()?.name ?? "", rows.peek().map((row) => row.id)));
  } catch (error) {
    toastError(error);
  }
}

export const copyLink = (): Promise<void> => copy(absolute(address("explore", toQuery(wish.peek()))));

/** Text that a shell takes as one word. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The same request for a terminal; the token is the reader's own, from Navidrome's /auth/login. */
export function curl(): string {
  const body = JSON.stringify({ ...requestOf(wish.peek()), locked: [], removedIds: [] });
  return [
    `curl -s ${quoted(absolute(`${R}/explore/list`))}`,
    `-H "X-ND-Authorization: Bearer $TOKEN"`,
    `-H 'Content-Type: application/json'`,
    `-d ${quoted(body)}`,
  ].join(" \\\n  ");
}

export const copyCurl = (): Promise<void> => copy(curl());
