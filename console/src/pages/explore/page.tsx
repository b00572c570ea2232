// Explore: a wish above, the list that came of it below.
import { useEffect } from "preact/hooks";
import { IconButton } from "../../parts/button";
import { Empty, Failed } from "../../parts/feedback";
import { t } from "../../text";
import { helpShown, onKey } from "./actions";
import { Chips } from "./chips";
import { Controls } from "./controls";
import { KeysDialog } from "./keys";
import { again, answer, busy, error } from "./list";
import { Listing } from "./listing";
import { Examples, SearchBox } from "./searchbox";
import { loadExamples, searchError } from "./search";
import { isAble, wish } from "./wish";

function State() {
  const s = t.value.explore;
  if (busy.value && !answer.value) {
    return (
      <p class="soft" role="status">
        {s.making}
      </p>
    );
  }
  if (answer.value || error.value) return null;
  return <Empty title={s.startHere}>{s.startHereTold}</Empty>;
}

export function ExplorePage() {
  const s = t.value.explore;
  useEffect(() => {
    void loadExamples();
    if (!answer.peek() && !busy.peek() && isAble(wish.peek())) void again();
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <div class="explore stack">
      <div class="heading">
        <h1>{s.title}</h1>
        <span class="push">
          <IconButton icon="keys" label={t.value.keys.title} onClick={() => (helpShown.value = true)} />
        </span>
      </div>
      <SearchBox />
      <Examples />
      <Chips />
      <Controls />
      {searchError.value !== null && <Failed error={searchError.value} />}
      {error.value !== null && <Failed error={error.value} again={() => void again()} />}
      <State />
      <Listing />
      {helpShown.value && <KeysDialog />}
    </div>
  );
}
