// The clipboard; it is missing where the page came over plain http from another machine.
import { t } from "../text";
import { toast } from "./toast";

export async function copy(text: string): Promise<void> {
  const done = (await viaClipboard(text)) || viaSelection(text);
  toast(done ? t.value.shell.copied : t.value.shell.notCopied);
}

async function viaClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function viaSelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "hidden";
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
