// `make console`: bundle the page into gateway/console/static. The same sources give the same bytes.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
/** Where the built files go, and the list of what they were made from; a test gives others. */
const target = process.argv[2] ?? join(here, "..", "gateway", "console", "static");
const list = process.argv[3] ?? join(here, "built.json");
/** Compressed bytes of everything that a first visit fetches. */
const MOST = 200 * 1024;
/** What the built files are made from, besides src/. */
const ROOT_FILES = ["build.mjs", "index.html", "icon.svg", "package.json", "package-lock.json", "tsconfig.json"];

const sha = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function filesBelow(folder) {
  const found = await readdir(folder, { withFileTypes: true, recursive: true });
  return found.filter((each) => each.isFile()).map((each) => join(each.parentPath ?? each.path, each.name));
}

async function sources() {
  const paths = [...ROOT_FILES.map((name) => join(here, name)), ...(await filesBelow(join(here, "src")))];
  const named = await Promise.all(
    paths.map(async (path) => [relative(here, path).split(sep).join("/"), sha(await readFile(path))]),
  );
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function bundle() {
  const made = await build({
    entryPoints: [join(here, "src", "main.tsx")],
    absWorkingDir: here,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "chrome111", "firefox113", "safari16.4"],
    jsx: "automatic",
    jsxImportSource: "preact",
    charset: "utf8",
    legalComments: "none",
    entryNames: "assets/console-[hash]",
    assetNames: "assets/[name]-[hash]",
    loader: { ".woff2": "file" },
    outdir: target,
    write: false,
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return made.outputFiles.map((file) => ({ name: relative(target, file.path), bytes: Buffer.from(file.contents) }));
}

async function main() {
  const files = await bundle();
  const named = (ending) => files.find((file) => file.name.endsWith(ending)).name;
  const icon = await readFile(join(here, "icon.svg"));
  files.push({ name: `assets/icon-${sha(icon).slice(0, 8)}.svg`, bytes: icon });
  const licence = await readFile(join(here, "node_modules", "@fontsource", "bricolage-grotesque", "LICENSE"));
  files.push({ name: `assets/font-licence-${sha(licence).slice(0, 8)}.txt`, bytes: licence });
  const page = (await readFile(join(here, "index.html"), "utf8"))
    .replace("%SCRIPT%", named(".js"))
    .replace("%STYLE%", named(".css"))
    .replace("%ICON%", named(".svg"));
  files.push({ name: "index.html", bytes: Buffer.from(page) });
  
  const compressed = files.reduce((sum, file) => sum + gzipSync(file.bytes, { level: 9 }).length, 0);
  if (compressed > MOST) throw new Error(`${compressed} bytes compressed: the page may have ${MOST}`);
  const built = Object.fromEntries(files.map((file) => [file.name, sha(file.bytes)]).sort(([a], [b]) => (a < b ? -1 : 1)));
  const manifest = `${JSON.stringify({ sources: await sources(), built }, null, 1)}\n`;
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  for (const file of files) {
    await mkdir(dirname(join(target, file.name)), { recursive: true });
    await writeFile(join(target, file.name), file.bytes);
  }
  await writeFile(list, manifest);
  console.log(`${target}: ${files.length} files, ${(compressed / 1024).toFixed(1)} KB compressed`);
}

await main();
