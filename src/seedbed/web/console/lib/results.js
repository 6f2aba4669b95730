// Where the bytes of a generation are, as this page may load them: from here, whatever name the service goes by.

import { NATIVE, address } from "./api.js";

export const videoOf = (id) => address(`open-api-results/${id}.mp4`);
export const previewOf = (id, step) => address(`open-api-results/${id}-preview.jpg?${step}`);
/** A small picture of a finished video, made when it is first asked for. */
export const posterOf = (id) => address(`v1/videos/${id.replace(/^req_/, "video_")}/content?variant=thumbnail`);
export const lastFrameOf = (id) => address(`open-api-results/${id}-last.png`);
/** A small picture of one of its references, counted from 0: there as long as the service has what it was made from. */
export const referenceOf = (id, position) => address(`${NATIVE}video/generations/${id}/references/${position}`);
