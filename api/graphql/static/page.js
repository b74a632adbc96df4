"use strict";

const element = (id) => document.getElementById(id);
const form = element("request");

function parameters() {
  const variables = element("variables").value.trim();
  return {
    query: element("query").value,
    variables: variables ? JSON.parse(variables) : null,
  };
}

function headers() {
  const key = element("key").value.trim();
  return {
    "accept": "application/graphql-response+json",
    "content-type": "application/json",
    ...(key && { authorization: `Bearer ${key}` }),
  };
}

async function run() {
  const started = performance.now();
  element("status").textContent = "Running …";
  try {
    const body = JSON.stringify(parameters());
    const response = await fetch(location.pathname, { method: "POST", headers: headers(), body });
    const answer = await response.json();
    const milliseconds = Math.round(performance.now() - started);
    element("status").textContent = `${response.status}, ${milliseconds} ms`;
    element("answer").textContent = JSON.stringify(answer, null, 2);
  } catch (error) {
    element("status").textContent = error.message;
    element("answer").textContent = "";
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  }
});
