//! The page of `runner report` in a real browser. Skipped, saying so, where there is no chromedriver.

use crate::driver::Browser;
use crate::support::{Place, TINY};
use serde_json::{Value, json};

const ENTER: char = '\u{e007}';
const SPACE: char = ' ';

/// A page of a sweep of three sizes with two seeds each, and of a task that does not compare with it.
fn page() -> Place {
    let place = Place::new();
    let grid = "[sweep]\nseeds = 2\n[sweep.grid]\n\"model.hidden_size\" = [4, 12, 6]\n";
    place.write("sweep.toml", format!("{TINY}{grid}"));
    place.train("sweep.toml --quiet");
    place.write("sine.toml", SINE);
    place.train("sine.toml --quiet");
    place.run("report results --out page.html").assert_says(0, &[]);
    place
}

const SINE: &str = r#"
task = "regression"
[data]
source = "sine"
examples = 60
period = 20.0
batch_size = 2
sequence_length = 10
valid_fraction = 0.2
[model]
hidden_size = 4
[training]
epochs = 2
"#;

/// The values of a column of the sweep's table, of the rows that are shown.
fn column(browser: &Browser, name: &str) -> Value {
    browser.script(&format!(
        "const table = document.querySelector('section[data-group*=perplexity] table');
         const column = [...table.tHead.rows[0].cells].findIndex((it) => it.title === '{name}');
         return [...table.querySelectorAll('tr.point')].filter((row) => row.offsetParent)
             .map((row) => row.cells[column].textContent);"
    ))
}

fn focus(browser: &Browser, element: &str) {
    browser.script(&format!("document.querySelector('{element}').focus();"));
}

fn press(browser: &Browser, element: &str, key: char) {
    focus(browser, element);
    browser.keys(&key.to_string());
}

/// Everything by keyboard; and the address brings the same view back.
#[test]
fn settings_are_sorted_filtered_unfolded_and_compared_by_keyboard() {
    let Some(browser) = Browser::open() else { return };
    let place = page();
    let address = format!("file://{}", place.path("page.html").display());
    browser.go(&address);
    const SIZE: &str = "model.hidden_size";
    let head = "th[title=\"model.hidden_size\"] button";
    press(&browser, head, ENTER);
    assert_eq!(column(&browser, SIZE), json!(["4", "6", "12"]));
    press(&browser, head, ENTER);
    assert_eq!(column(&browser, SIZE), json!(["12", "6", "4"]));
    let sorted = browser.script("return document.activeElement.parentElement.ariaSort;");
    assert_eq!(sorted, "descending");

    // Filtered by an expression, which is told to be wrong while it is.
    focus(&browser, "#filter");
    browser.keys("hidden_size >=");
    let told = browser.script("return document.getElementById('told').textContent;");
    assert_eq!(told, "a value is missing after `hidden_size >=`");
    browser.keys(" 6 and done");
    assert_eq!(column(&browser, SIZE), json!(["12", "6"]));
    assert_eq!(browser.script("return document.getElementById('told').textContent;"), "");

    // Two are chosen, and one unfolded to its seeds.
    browser.wait("document.querySelector('section[data-group*=perplexity] .legend') !== null");
    for row in ["nth-of-type(1)", "nth-of-type(2)"] {
        press(&browser, &format!("section[data-group*=perplexity] tbody:{row} .choose"), SPACE);
    }
    press(&browser, "section[data-group*=perplexity] tbody .unfold", ENTER);
    let seeds =
        "[...document.querySelectorAll('tr.seed')].filter((row) => row.offsetParent).length";
    assert_eq!(browser.script(&format!("return {seeds};")), 2);
    let legend =
        "return [...document.querySelectorAll('section[data-group*=perplexity] .legend li')]
        .map((it) => it.children[1].textContent);";
    let compared = json!(["hidden_size=12", "hidden_size=6"]);
    let mut found = browser.script(legend);
    found.as_array_mut().expect("names").sort_by_key(|it| it.to_string());
    assert_eq!(found, compared);

    // The address brings all of it back.
    browser.wait("location.hash.includes('unfold')");
    let link = browser.script("return location.href;");
    browser.go("about:blank");
    browser.go(link.as_str().expect("an address"));
    assert_eq!(column(&browser, SIZE), json!(["12", "6"]));
    assert_eq!(browser.script(&format!("return {seeds};")), 2);
    assert_eq!(browser.script("return document.querySelectorAll('.choose:checked').length;"), 2);

    // The details of a trial, which close again and give the keyboard back.
    press(&browser, "section[data-group*=perplexity] tbody button.open", ENTER);
    browser.wait("document.querySelector('dialog').open");
    let text = browser.script("return document.querySelector('dialog').textContent;");
    let text = text.as_str().expect("a text");
    for part in ["hidden_size = 12", "Samples", "perplexity", "Beside its neighbours"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(browser.barriers(), Vec::<String>::new());
    browser.keys("\u{e00c}");
    browser.wait("!document.querySelector('dialog').open");
    assert_eq!(browser.script("return document.activeElement.className;"), "open");
    assert_eq!(browser.complaints(), json!([]), "the console is silent");
}

/// The chart: values under the cursor, zoom, logarithmic axis; and ranges that are marked on an axis.
#[test]
fn curves_say_their_values_and_keys_are_brushed() {
    let Some(browser) = Browser::open() else { return };
    let place = page();
    browser.go(&format!("file://{}", place.path("page.html").display()));
    let group = "section[data-group*=perplexity]";
    browser.script(&format!("document.querySelector('{group} .more').scrollIntoView();"));
    browser.wait(&format!("document.querySelector('{group} .legend') !== null"));
    let values = format!(
        "return [...document.querySelectorAll('{group} .legend .value')].map((it) => it.textContent);"
    );
    let last = browser.script(&values);
    focus(&browser, &format!("{group} .frame"));
    browser.keys("\u{e011}");
    let first = browser.script(&values);
    assert!(first != last && first.as_array().is_some_and(|it| it.len() == 3), "{first} {last}");
    browser.keys("+");
    let zoomed = format!("!document.querySelector('{group} .under button').hidden");
    assert_eq!(browser.script(&format!("return {zoomed};")), true);
    browser.keys("0");
    assert_eq!(browser.script(&format!("return {zoomed};")), false);

    // From the middle of the first axis to its end: hidden sizes 6 and 12.
    browser.script(&format!(
        "document.querySelector('{group} .parallel').scrollIntoView({{block: 'center'}});"
    ));
    let place_of = browser.script(&format!(
        "const box = document.querySelector('{group} .brushable').getBoundingClientRect();
         return [box.x + box.width / 2, box.y, box.height].map(Math.round);"
    ));
    let at = |index: usize| place_of[index].as_i64().expect("a number");
    browser.drag((at(0), at(1) + at(2) * 6 / 10), (at(0), at(1) + 4));
    let mut sizes = column(&browser, "model.hidden_size");
    sizes.as_array_mut().expect("sizes").sort_by_key(|it| it.to_string());
    assert_eq!(sizes, json!(["12", "6"]));
    press(&browser, &format!("{group} .chip"), ENTER);
    assert_eq!(column(&browser, "model.hidden_size").as_array().map(Vec::len), Some(3));

    for (width, scheme) in
        [(360, "light"), (800, "light"), (1400, "light"), (1400, "dark"), (360, "dark")]
    {
        browser.look(&format!("page-{width}-{scheme}"), width, scheme);
        assert_eq!(browser.barriers(), Vec::<String>::new(), "{width} {scheme}");
    }
    assert_eq!(browser.complaints(), json!([]), "the console is silent");
}

/// Names, texts and values that would act, did the page let them.
#[test]
fn nothing_that_people_wrote_acts() {
    let Some(browser) = Browser::open() else { return };
    let place = Place::with_tiny();
    place.train("tiny.toml -q -s sweep.seeds=2");
    let evil = "<img src=x onerror=window.hit=1><script>window.hit=2</script></script><!--<script>";
    let trial = place.trials("results/tiny").remove(0);
    let spec = place.read(&format!("{trial}/spec.toml"));
    let key = format!("\"__proto__\" = '{evil}'\n\"{}\" = 1\n", evil.replace('"', "'"));
    place.write(&format!("{trial}/spec.toml"), format!("{key}{spec}"));
    place.write(
        &format!("{trial}/samples.txt"),
        format!("=== epoch 1, step 1, prefix \"{evil}\"\n{evil}\u{202e}\n\n"),
    );
    place.write(
        &format!("{trial}/{evil}.csv").replace('/', "∕").replacen('∕', "/", 3),
        format!("{evil},=1+1\n"),
    );
    place.write(
        &format!("{trial}/evil.svg"),
        format!("<svg xmlns='http://www.w3.org/2000/svg' onload='window.hit=3'>{evil}</svg>"),
    );
    let mut run = place.run_json(&trial);
    let fields = run.as_object_mut().expect("a table");
    fields.remove("sha256");
    fields.insert("status".into(), "failed".into());
    fields.insert("error".into(), evil.into());
    fields.insert("warnings".into(), json!([evil]));
    place.write(&format!("{trial}/run.json"), run.to_string());
    let to = place.path("results/<img src=x onerror=window.hit=4>");
    std::fs::rename(place.path("results/tiny"), to).expect("renamed");
    // Written by someone else: it is told, and shown all the same.
    place.run("report results --out page.html").assert_says(1, &["not what the trial wrote"]);
    browser.go(&format!("file://{}", place.path("page.html").display()));
    browser.script("document.querySelectorAll('.more').forEach((it) => it.scrollIntoView());");
    let count = browser.script("return document.querySelectorAll('button.open').length;");
    for at in 0..count.as_u64().expect("a number") {
        browser.script(&format!(
            "document.querySelectorAll('button.open')[{at}]?.click();
             document.querySelectorAll('dialog details').forEach((it) => {{ it.open = true; }});"
        ));
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    let seen = browser.script(
        "return [window.hit ?? 0, document.querySelectorAll('img[onerror], [onload]').length,
             document.scripts.length, ({}).polluted === undefined,
             document.body.textContent.includes('<img src=x')];",
    );
    assert_eq!(seen, json!([0, 0, 4, true, true]));
    assert_eq!(browser.complaints(), json!([]), "the console is silent");
}

/// A live page takes what is new, and leaves filter and unfolded rows as they are.
#[test]
fn a_live_page_follows_and_keeps_its_view() {
    let Some(browser) = Browser::open() else { return };
    let place = Place::with_tiny();
    place.train("tiny.toml -q -s sweep.seeds=2");
    let watched = crate::report::Watched::start(&place);
    browser.go(&format!("http://{}/#filter=tiny", watched.address));
    browser.wait("document.querySelectorAll('tr.seed').length === 2");
    press(&browser, "tbody .unfold", ENTER);
    focus(&browser, "#filter");
    browser.keys(" done");
    place.train("tiny.toml -q -s sweep.seeds=3");
    browser.wait("document.querySelectorAll('tr.seed').length === 3");
    browser.wait("[...document.querySelectorAll('tr.seed')].every((row) => row.offsetParent)");
    let kept = browser
        .script("return [document.activeElement.id, document.getElementById('filter').value];");
    assert_eq!(kept, json!(["filter", "tiny done"]));
    assert_eq!(browser.complaints(), json!([]), "the console is silent");
}

/// Filters, smoothing as TensorBoard's, and the share of variance that a key explains.
#[test]
fn the_script_computes_what_it_says() {
    let Some(browser) = Browser::open() else { return };
    let place = page();
    browser.go(&format!("file://{}", place.path("page.html").display()));
    let found = browser.script(
        "const row = {
             values: (name) => ({ size: [128], cell: ['lstm'], status: ['done', 'failed'], loss: ['inf'] })[name] ?? [],
             text: () => 'lstm 128 done',
         };
         return ['size >= 128', 'size>=129 or lstm', 'not lstm', 'cell = LSTM and size<1e3', 'gru', 'size != 128',
             '(cell=gru or status=failed) 128', 'status!=done', '\"lstm 1\"', 'loss > 1e300', 'cell < 3', '']
             .map((text) => parseFilter(text).test(row));",
    );
    let right = [true, true, false, true, false, false, true, false, true, true, false, true];
    assert_eq!(found, json!(right));
    let found = browser
        .script("return smoothed([1, null, 2, 3], 0.5).map((it) => it?.toFixed(4) ?? null);");
    assert_eq!(found, json!(["1.0000", null, "1.6667", "2.4286"]));
    // 17 squares, 1 of them inside of the two halves, and half a one by chance: 15.5 / 17.
    let found = browser.script(
        "const points = [['a', 1], ['a', 2], ['b', 5], ['b', 6]].map((cells) => ({ cells }));
         return explained(points, 0, (point) => point.cells[1], 17).share.toFixed(4);",
    );
    assert_eq!(found, "0.9118");
}
