// Every job that there was.
import * as admin from "../../api/admin";
import type { BatchProgress } from "../../api/types";
import { Badge, Empty, Failed, Loading } from "../../parts/feedback";
import { useLoaded } from "../../parts/load";
import { Table } from "../../parts/table";
import { t } from "../../text";
import { duration, moment, number, plain } from "../../text/format";
import { toneOf } from "./job";

type Past = BatchProgress & { ended_at?: number | null; message?: string };

export function History() {
  const s = t.value.library;
  const { value, error, load } = useLoaded(admin.jobs);
  if (error.value !== null) return <Failed error={error.value} again={() => void load()} />;
  if (!value.value) return <Loading />;
  if (!value.value.jobs.length) return <Empty title={s.noHistory}>{s.noHistoryTold}</Empty>;
  const took = (past: Past): string => (past.started_at && past.ended_at ? duration(past.ended_at - past.started_at) : "");
  const columns = [
    { name: s.began, cell: (past: Past) => (past.started_at ? moment(past.started_at) : "") },
    { name: s.kind, cell: (past: Past) => s.kinds[past.kind ?? "embed"] ?? plain(past.kind ?? "") },
    {
      name: s.result,
      cell: (past: Past) => (
        <div>
          <Badge tone={toneOf(past.status)}>{s.statuses[past.status] ?? past.status}</Badge>{" "}
          <span class="small soft">{plain(past.message ?? "")}</span>
        </div>
      ),
    },
    {
      name: s.track,
      end: true,
      cell: (past: Past) => (
        <span>
          {s.progress(number(past.processed_tracks ?? 0), number(past.total_tracks ?? 0))}
          {past.failed_tracks ? ` · ${s.failed(number(past.failed_tracks))}` : ""}
        </span>
      ),
    },
    { name: s.took, end: true, cell: took },
  ];
  return <Table label={s.history} columns={columns} rows={value.value.jobs as Past[]} keyOf={(past) => past.job_id ?? ""} />;
}
