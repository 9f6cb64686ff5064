/* global SwaggerUIBundle */
SwaggerUIBundle({
  url: document.getElementById("reader").dataset.description,
  dom_id: "#reader",
  deepLinking: true,
  validatorUrl: null, // it would ask another host
});
