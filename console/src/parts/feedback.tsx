// What a page says: notes, badges, emptiness, failures of its own.
import type { ComponentChildren } from "preact";
import { ApiError } from "../api/http";
import { t } from "../text";
import { Button } from "./button";
import { Icon } from "./icon";

export type Tone = "good" | "warn" | "bad" | "plain";

export function Note({ tone = "warn", children }: { tone?: Tone; children: ComponentChildren }) {
  return (
    <div class="note" data-tone={tone} role={tone === "bad" ? "alert" : undefined}>
      <Icon name={tone === "good" ? "check" : "warn"} size={18} />
      <div>{children}</div>
    </div>
  );
}

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ComponentChildren }) {
  return (
    <span class="badge" data-tone={tone}>
      {children}
    </span>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** An error in the language of the page, with what the mesh adds to it. */
export function said(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  const known = t.value.errors[error.code];
  const detail = error.code === "offline" || !error.message || error.message === known ? "" : ` (${error.message})`;
  return `${known}${detail}`;
}

export function Failed({ error, again }: { error: unknown; again?: () => void }) {
  return (
    <Note tone="bad">
      <div class="row">
        <span>{said(error)}</span>
        {again && (
          <Button little onClick={again}>
            {t.value.shell.again}
          </Button>
        )}
      </div>
    </Note>
  );
}

export function Loading() {
  return (
    <p class="soft loading" role="status">
      {t.value.shell.loading}
    </p>
  );
}
