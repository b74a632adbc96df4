${"#"} ${project}

The channel `${name}` for Forfait: what it counts, and how, is in
[src/${package}/README.md](src/${package}/README.md).

${"##"} Work on it

```sh
pip install -e '.[test]'
pytest                      # its known answers, and Forfait's conformance suite
forfait plugin check .      # the same suite as a table, without pytest
```

| file | what is in it |
|---|---|
| `src/${package}/event.py` | what is reported: the fields become GraphQL types |
| `src/${package}/rules.py` | dated rules of counting, as data |
| `src/${package}/pricing.py` | the unit, how an event is counted, known answers |
| `src/${package}/plugin.py` | registers the channel |

${"##"} Use it

Install it beside Forfait, then start the API and the workers again; `forfait plugin list` shows
it. A product of a catalogue meters it:

```yaml
products:
  ${name}_usage: {kind: usage_service, name: ${label}, meters: {channel: ${name}, unit: ${name}}}
```

It is reported as `event: {${field}: {…}}`, in GraphQL and on lines of NDJSON alike.

What a channel cannot do in this release – judge an event beside its neighbours (`windowed`), or bring
a `charge` of its own – is refused when Forfait starts, with what to do instead.
