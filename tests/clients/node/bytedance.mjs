// The AI SDK's ByteDance provider against the server in the first argument with the key in the second.
// It creates and polls in one call, and has no list, no cancel and no delete.
import { createByteDance } from "@ai-sdk/bytedance";
import { experimental_generateVideo as generateVideo } from "ai";

const [base, key] = process.argv.slice(2);
const bytedance = createByteDance({ baseURL: `${base}/api/v3`, apiKey: key });
const tell = (operation, saw) => console.log(JSON.stringify({ operation, saw }));

// The SDK's own download refuses loopback addresses.
const download = async ({ url }) => {
  const answer = await fetch(url);
  return { data: new Uint8Array(await answer.arrayBuffer()), mediaType: answer.headers.get("content-type") };
};
const order = (prompt, changes = {}) => ({
  model: bytedance.video("seedance-1-5-pro-251215"),
  prompt,
  aspectRatio: "4:3",
  resolution: "752x560",
  duration: 4,
  maxRetries: 0,
  download,
  providerOptions: { bytedance: { pollIntervalMs: 500, pollTimeoutMs: 120000 } },
  ...changes,
});

const made = await generateVideo(order("A lighthouse in the fog"));
const task = made.providerMetadata?.bytedance ?? {};
tell("create", { taskId: task.taskId, tokens: task.usage?.completion_tokens });
tell("poll", { warnings: made.warnings.length });
tell("download", {
  mediaType: made.video.mediaType,
  video: Buffer.from(made.video.uint8Array.slice(4, 8)).toString(),
});

try {
  await generateVideo(order("Too long", { duration: 99 }));
} catch (error) {
  tell("error", { status: error.statusCode, message: error.message });
}
