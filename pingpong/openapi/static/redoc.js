/* global Redoc */
const reader = document.getElementById("reader");
Redoc.init(reader.dataset.description, {}, reader);
