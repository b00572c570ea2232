// Signing in with a Navidrome account, or with the mesh's token.
import { useState } from "preact/hooks";
import { ApiError } from "../../api/http";
import { Button } from "../../parts/button";
import { Failed, Note } from "../../parts/feedback";
import { Check, Choice, TextField } from "../../parts/fields";
import { Mark } from "../../parts/icon";
import type { PageName } from "../../shell/route";
import { session, signIn } from "../../shell/session";
import { LANGUAGES, language, t, type Language } from "../../text";
import { remember } from "../../text/remembered";

type Way = "password" | "token";

function said(error: unknown, way: Way): string | null {
  if (!(error instanceof ApiError)) return null;
  const s = t.value.signin;
  if (error.status === 401) return way === "token" ? s.wrongToken : s.wrong;
  if (error.status === 429) {
    const detail = error.detail as { retry_after?: number } | null;
    return s.slow(String(Math.ceil(detail?.retry_after ?? 4)));
  }
  if (error.code === "navidrome_unavailable") return s.away;
  return null;
}

function Form({ way }: { way: Way }) {
  const s = t.value.signin;
  const [user, setUser] = useState("");
  const [secret, setSecret] = useState("");
  const [seen, setSeen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await signIn(way === "token" ? { token: secret } : { user_name: user, password: secret });
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  const known = said(error, way);
  return (
    <form class="stack" onSubmit={(event) => void submit(event)}>
      {way === "password" && (
        <TextField label={s.user} value={user} onInput={setUser} autocomplete="username" required />
      )}
      <TextField
        label={way === "token" ? s.token : s.password}
        value={secret}
        onInput={setSecret}
        secret={!seen}
        autocomplete={way === "token" ? "off" : "current-password"}
        required
      />
      {way === "password" && (
        <Check checked={seen} onChange={setSeen}>
          {s.showPassword}
        </Check>
      )}
      {known && <Note tone="bad">{known}</Note>}
      {error !== null && !known && <Failed error={error} />}
      <Button submit look="main" disabled={busy}>
        {busy ? s.busy : s.submit}
      </Button>
    </form>
  );
}

export function LanguageChoice() {
  const options = (Object.keys(LANGUAGES) as Language[]).map((value) => ({ value, text: LANGUAGES[value] }));
  return (
    <Choice
      label={t.value.shell.language}
      value={language.value}
      options={options}
      onChange={(chosen) => {
        language.value = chosen;
        remember("language", chosen);
      }}
    />
  );
}

function Ways({ wanted }: { wanted: Way }) {
  const s = t.value.signin;
  const ways = session.value?.sign_in ?? [];
  const first = ways.includes(wanted) ? wanted : (ways[0] ?? "password");
  const [way, setWay] = useState<Way>(first);
  const other: Way = way === "token" ? "password" : "token";
  if (!ways.length) return <Note tone="bad">{s.nothing}</Note>;
  return (
    <>
      {!session.value?.navidrome.reachable && <Note>{s.away}</Note>}
      <p class="soft">{way === "token" ? s.tokenTold : s.told}</p>
      <Form key={way} way={way} />
      {ways.includes(other) && (
        <Button look="quiet" onClick={() => setWay(other)}>
          {other === "token" ? s.useToken : s.usePassword}
        </Button>
      )}
    </>
  );
}

interface SignInProps {
  /** Inside the frame: somebody is signed in, who may not see this page. */
  inside?: boolean;
  page?: PageName;
}

export function SignInPage({ inside, page }: SignInProps) {
  const s = t.value.shell;
  const operators = page === "library" || page === "system";
  if (inside) {
    return (
      <section class="signin card stack">
        <h1>{operators ? s.notYours : s.peopleOnly}</h1>
        <p>{operators ? s.notYoursTold : s.peopleOnlyTold}</p>
        <Ways wanted={operators ? "token" : "password"} />
      </section>
    );
  }
  return (
    <main class="signin-page">
      <section class="signin card stack">
        <div class="row">
          <Mark />
          <span class="brand-name">{s.name}</span>
        </div>
        <h1>{t.value.signin.title}</h1>
        <Ways wanted="password" />
      </section>
      <LanguageChoice />
    </main>
  );
}
