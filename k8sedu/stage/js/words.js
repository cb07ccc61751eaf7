// What the player itself says, in both languages.

export const WORDS = {
  first: ["first step (Home)", "第一步（Home）"],
  back: ["one step back (←)", "后退一步（←）"],
  play: ["Play", "播放"],
  pause: ["Pause", "暂停"],
  forward: ["one step forward (→)", "前进一步（→）"],
  last: ["last step (End)", "最后一步（End）"],
  next: ["next", "下个"],
  speed: ["speed", "速度"],
  language: ["中文", "English"],
  keys: ["keys and signs (?)", "按键与图例（?）"],
  full: ["full screen (F)", "全屏（F）"],
  save: ["save", "保存"],
  saveHint: ["save as one HTML file that plays without a network", "保存为单个 HTML 文件，断网也能播放"],
  copy: ["copy", "复制"],
  copied: ["copied", "已复制"],
  scenario: ["copy scenario", "复制场景"],
  close: ["close", "关闭"],
  step: ["step {} of {}", "第 {} 步，共 {} 步"],
  position: ["position in the run", "运行中的位置"],
  selected: ["selected: {}", "已选中：{}"],
  hint: ["click a shape to see its state", "点击图形查看其状态"],
  hintLive: ["click a shape to act on it", "点击图形进行操作"],
  running: ["running…", "正在运行…"],
  signs: ["Signs", "图例"],
  keyTitle: ["Keys", "按键"],
};

export const KEY_LIST = [
  ["Space", ["play, pause", "播放、暂停"]],
  ["← →", ["one step", "一步"]],
  ["Shift ← →", ["ten steps", "十步"]],
  ["Home End", ["first, last step", "第一步、最后一步"]],
  ["+ −", ["faster, slower", "加快、减慢"]],
  ["Tab Enter", ["choose a shape", "选择图形"]],
  ["F", ["full screen", "全屏"]],
];
