//! What a person sees who got a spec wrong.

use std::fs;
use std::path::Path;

use miette::{GraphicalReportHandler, GraphicalTheme};
use runner::spec;

/// The report on a spec, as on a terminal of 100 columns without colors.
fn report(files: &[(&str, &[u8])], overrides: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).expect("written");
    }
    let path = folder
        .path()
        .join(files.first().map_or("spec.toml", |(name, _)| name));
    let overrides: Vec<_> = overrides.iter().map(|text| (*text).to_owned()).collect();
    let text = match spec::load(&path, &overrides) {
        Ok(spec) => {
            let mut text = format!("{} trials\n", spec.trials.len());
            for warning in &spec.warnings {
                text += &render(warning);
            }
            text
        }
        Err(errors) => render(&errors),
    };
    text.replace(&format!("{}/", folder.path().display()), "")
}

fn render(diagnostic: &dyn miette::Diagnostic) -> String {
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    handler
        .with_width(100)
        .render_report(&mut text, diagnostic)
        .expect("rendered");
    text
}

#[test]
fn look() {
    let _ = Path::new("");
    for text in [
        "",
        "a = ",
        "[data]\ncorpus='x'\n[model]\nhiden_size = 4\ntied=true\nlayers = 0\n",
        "[data]\ncorpus='x'\n[training]\nmomentum=0.9\noptimizer='adm'",
        "[data]\ncorpus='x'\n[training]\nmomentum=0.9\nlr=0.4\n",
        "[data]\ncorpus='x'\nhidden_size=3\n[training]\nclip={a=1}\nepochs=1\nsteps=1\n",
        "[data]\ncorpus='x'\n[model]\ntied=true\n[sweep.grid]\nmodel.hidden_size=[3,4]\n",
    ] {
        println!(
            "=======\n{text}\n-------\n{}",
            report(&[("spec.toml", text.as_bytes())], &[])
        );
    }
}

#[test]
fn look2() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.toml");
    fs::write(&path, "seed=7\n[data]\ncorpus='x'\n[model]\ndropout=0.3\n[generation]\nprefixes=['a\\b']\n[sweep]\nseeds=2\n[sweep.grid]\n'training.optimizer'=['sgd','adam']\nmodel.hidden_size=[12,13]\ntraining.clip=['none',{norm=1},{value=2e-7}]").expect("written");
    let spec = spec::load(
        &path,
        &["training.epochs=3".into(), "data.level=word".into()],
    )
    .map_err(|e| render(&e));
    let spec = match spec {
        Ok(s) => s,
        Err(e) => panic!("{e}"),
    };
    for t in &spec.trials {
        println!("{} {:?}", t.name, t.swept);
    }
    println!("{}", spec.trials[0].experiment.to_toml());
    for w in &spec.warnings {
        println!("{}", render(w));
    }
}
