// Library: the job above, what came of all jobs below.
import { useState } from "preact/hooks";
import { job } from "../../live/state";
import { Tabs } from "../../parts/tabs";
import { t } from "../../text";
import { Failures } from "./failures";
import { DuplicateTracks, VanishedTracks, WithoutVectors } from "./gaps";
import { History } from "./history";
import { hasEnded, JobCard } from "./job";

const TABS = ["failures", "warnings", "history", "unembedded", "prune", "duplicates"] as const;
type Tab = (typeof TABS)[number];

function Panel({ tab }: { tab: Tab }) {
  if (tab === "failures") return <Failures kind="failure" />;
  if (tab === "warnings") return <Failures key="warnings" kind="warning" />;
  if (tab === "history") return <History />;
  if (tab === "unembedded") return <WithoutVectors />;
  if (tab === "prune") return <VanishedTracks />;
  return <DuplicateTracks />;
}

export function LibraryPage() {
  const s = t.value.library;
  const [tab, setTab] = useState<Tab>("failures");
  // A job that ends, begins, or fails on one more track changes what is shown below.
  const told = job.value;
  const version = told ? `${told.job_id}:${hasEnded(told.status)}:${told.failed_tracks}` : "";
  return (
    <div class="stack">
      <div class="heading">
        <h1>{s.title}</h1>
        <p>{s.told}</p>
      </div>
      <JobCard />
      <section class="stack" aria-label={s.sections}>
        <Tabs
          label={s.sections}
          tabs={TABS.map((name) => ({ name, text: s.tabs[name] }))}
          chosen={tab}
          choose={setTab}
        >
          <Panel key={`${tab}:${version}`} tab={tab} />
        </Tabs>
      </section>
    </div>
  );
}
