// The frame around every page: its name, the pages, who is signed in.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useComputed } from "@preact/signals";
import { heardAt, state } from "../live/state";
import { now } from "../parts/clock";
import { Button } from "../parts/button";
import { Icon, Mark } from "../parts/icon";
import { Spoken, toast, Toasts, toastError } from "../parts/toast";
import { current } from "../player/state";
import { Player } from "../player/player";
import { t } from "../text";
import { plain, relative } from "../text/format";
import { address, route, type PageName } from "./route";
import { session, signOut } from "./session";

const PERSONAL: PageName[] = ["explore", "mixes", "settings"];
const OPERATORS: PageName[] = ["library", "system"];

/** The pages that may be open to who is signed in. */
export function pagesOf(): PageName[] {
  const open = session.value?.open;
  return [...(open?.people ? PERSONAL : []), ...(open?.admin ? OPERATORS : [])];
}

function Links({ pages }: { pages: PageName[] }) {
  return (
    <>
      {pages.map((page) => (
        <li key={page}>
          <a href={address(page)} aria-current={route.value.page === page ? "page" : undefined}>
            <Icon name={page} />
            <span>{t.value.shell.pages[page]}</span>
          </a>
        </li>
      ))}
    </>
  );
}

function Live() {
  const s = t.value.shell;
  return (
    <span class="live" data-state={state.value}>
      {state.value === "live" ? s.live : s.connecting}
    </span>
  );
}

function Who() {
  const s = t.value.shell;
  const known = session.value;
  return (
    <div class="who">
      <Live />
      {(known?.name || known?.operator) && <strong>{known.name ? plain(known.name) : s.operatorName}</strong>}
      {known?.via !== "proxy" && known?.via !== "loopback" && known?.signed_in && (
        <Button little look="quiet" onClick={() => void signOut().catch(toastError)}>
          {s.signOut}
        </Button>
      )}
      {!known?.open.people && (
        <a href="#/explore" class="button little">
          {s.signIn}
        </a>
      )}
    </div>
  );
}

function Rail() {
  const pages = pagesOf();
  const operators = OPERATORS.filter((page) => pages.includes(page));
  return (
    <header class="rail">
      <a class="brand" href={address("explore")}>
        <Mark />
        {t.value.shell.name}
      </a>
      {session.value?.set_up === false && (
        <a class="button main" href="#/setup">
          {t.value.setup.name}
        </a>
      )}
      <nav aria-label={t.value.shell.menu}>
        <ul>
          <Links pages={PERSONAL.filter((page) => pages.includes(page))} />
          {operators.length > 0 && <li class="apart">{t.value.shell.operator}</li>}
          <Links pages={operators} />
        </ul>
      </nav>
      <Who />
    </header>
  );
}

/** Says, while it is so, that what is shown may be old. */
function Behind() {
  const behind = state.value === "behind";
  const was = useRef(false);
  useEffect(() => {
    if (was.current && state.value === "live") toast(t.value.shell.caughtUp);
    was.current = behind;
  }, [behind]);
  const since = useComputed(() => relative(heardAt.value / 1000, Math.max(now.value, heardAt.value / 1000)));
  return (
    <div role="status" aria-live="polite">
      {behind && (
        <div class="behind">
          <Icon name="warn" size={18} />
          <span>{t.value.shell.behind(since.value)}</span>
        </div>
      )}
    </div>
  );
}

export function Frame({ children }: { children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  const page = route.value.page;
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [page]);
  return (
    <div class={current.value ? "shell playing" : "shell"}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {t.value.shell.skip}
      </a>
      <Rail />
      <div class="body">
        <Behind />
        <main id="main" ref={main} tabIndex={-1}>
          {children}
        </main>
      </div>
      <Player />
      <Toasts />
      <Spoken />
    </div>
  );
}
