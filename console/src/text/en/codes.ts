// What the codes of the contract mean for somebody who uses the page.
import type { ERROR_CODES, WARNING_CODES } from "../../contract";

export const errors: Record<(typeof ERROR_CODES)[number] | "offline", string> = {
  offline: "The mesh does not answer. The page keeps trying.",
  busy: "The mesh is busy. Try again in a moment.",
  conflict: "That is not possible right now.",
  deadline_exceeded: "That took too long. Try again.",
  decode_failed: "No decoder can read the file.",
  empty_audio: "The file holds no sound.",
  file_missing: "The file is missing.",
  file_unreadable: "The file cannot be read now.",
  forbidden: "You may not do this.",
  internal: "Something went wrong in the mesh; the log says what.",
  invalid_request: "The request is not valid.",
  model_failed: "The model failed on this track.",
  model_unavailable: "The model cannot be used here now.",
  navidrome_unavailable: "Navidrome does not answer.",
  no_worker: "The part of the mesh that does this is not running.",
  not_found: "It does not exist, or you may not see it.",
  out_of_memory: "There is not enough memory.",
  poisoned: "This track crashed several workers and is no longer tried.",
  silent_audio: "The file is silent.",
  store_unavailable: "The vector store cannot be reached.",
  text_unavailable: "No model reads descriptions now.",
  too_large: "That is too much at once.",
  unauthorized: "Please sign in.",
};

export const warnings: Partial<Record<(typeof WARNING_CODES)[number], string>> = {
  no_seeds: "There is nothing to start from.",
  nothing_visible: "You may not see any library yet: an admin of Navidrome can change that.",
};
