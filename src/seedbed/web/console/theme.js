// Chooses light or dark before anything is drawn. A module would come too late and flash.
(() => {
  const chosen = localStorage.getItem("seedbed.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
