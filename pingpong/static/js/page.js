/** What every page has. It comes last, so that whoever wants the news has asked for it before it begins. */

import { startBadge } from "./badge.js";
import { startHeart } from "./heart.js";
import { news, startLive } from "./live.js";
import { startTheme } from "./theme.js";
import { localiseTimes } from "./times.js";

startTheme(document.getElementById("theme"));
startBadge(document.getElementById("badge"), news);
startHeart(document.getElementById("heart"), news);
localiseTimes(document);
startLive();
