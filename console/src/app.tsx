// Which page is shown to whom.
import { useEffect } from "preact/hooks";
import { ExplorePage } from "./pages/explore/page";
import { LibraryPage } from "./pages/library/page";
import { MixesPage } from "./pages/mixes/page";
import { SettingsPage } from "./pages/settings/page";
import { SetupPage } from "./pages/setup/page";
import { underway } from "./pages/setup/state";
import { SignInPage } from "./pages/signin/page";
import { SystemPage } from "./pages/system/page";
import { Failed, Loading } from "./parts/feedback";
import { Frame, pagesOf } from "./shell/frame";
import { route, wantsSetup, type PageName } from "./shell/route";
import { leaving, refreshSession, session, sessionError } from "./shell/session";
import { t } from "./text";

const ROOMS: Record<PageName, () => preact.JSX.Element> = {
  explore: ExplorePage,
  mixes: MixesPage,
  settings: SettingsPage,
  library: LibraryPage,
  system: SystemPage,
};

export function App() {
  const page = route.value.page;
  const known = session.value;
  useEffect(() => {
    if (wantsSetup.value && known && !known.set_up) document.title = `${t.value.setup.name} · ${t.value.shell.name}`;
    else document.title = known?.signed_in ? `${t.value.shell.pages[page]} · ${t.value.shell.name}` : t.value.shell.name;
  });
  if (leaving.value) return <Loading />;
  if (!known) {
    return sessionError.value ? <Failed error={sessionError.value} again={() => void refreshSession()} /> : <Loading />;
  }
  if (wantsSetup.value && (!known.set_up || underway.value)) return <SetupPage />;
  if (!known.open.people && !known.open.admin) return <SignInPage />;
  const Room = ROOMS[page];
  return <Frame>{pagesOf().includes(page) ? <Room key={page} /> : <SignInPage inside page={page} />}</Frame>;
}
