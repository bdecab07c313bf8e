//! The workloads, each trained by several contenders by turns.

use crate::Options;
use crate::contender::{Contender, own, python};
use crate::peak::peak;
use crate::table::{Spread, Table, verdict};
use crate::worker;
use crate::workload::{self, Workload};
use samebits::nn::weights;

/// Rounds of one workload.
struct Duel {
    contenders: Vec<Contender>,
    missing: Vec<&'static str>,
    /// The core's peak in each round, operations a second.
    peaks: Vec<f64>,
}

/// Runs all workloads asked for and prints their tables.
pub fn print(options: &Options) {
    let mut speeds = Table::new(&[
        "workload",
        "runner, tokens/s",
        "against",
        "tokens/s",
        "ratio (min–max)",
        "target",
        "",
        "loss: runner, other",
    ]);
    let mut products = Table::new(&[
        "workload",
        "GFLOP a step",
        "GFLOP/s",
        "peak of the core",
        "% of peak (min–max)",
        "target",
        "",
    ]);
    let wanted = workload::ALL.iter().filter(|workload| options.wants(workload.name));
    for workload in wanted {
        eprintln!("{}: {}", workload.name, workload.describe());
        let Some(duel) = run(workload, options) else {
            eprintln!("{}: runner's own worker failed", workload.name);
            continue;
        };
        add_speeds(&mut speeds, workload, &duel);
        if workload.hidden >= 256 {
            add_products(&mut products, workload, &duel);
        }
    }
    speeds.print();
    products.print();
}

fn run(workload: &Workload, options: &Options) -> Option<Duel> {
    let folder = tempfile::tempdir().ok()?;
    let first_weights = folder.path().join("weights.safetensors");
    weights::write(worker::session(workload).parameters(), &first_weights).ok()?;
    let mut json = serde_json::to_value(workload).ok()?;
    json["weights"] = first_weights.to_str()?.into();

    let mut duel = Duel {
        contenders: vec![Contender::start(
            "runner",
            own(workload, "1").env("COMPARE_CLOCK", &options.clock),
        )?],
        missing: Vec::new(),
        peaks: Vec::new(),
    };
    for name in ["torch"].iter().chain(workload.others) {
        if !options.against.iter().any(|wanted| wanted == name) {
            continue;
        }
        let mut command = match *name {
            "torch" => python(&options.python(), "torch_worker.py", &json),
            "numpy" => python(&options.python(), "numpy_worker.py", &json),
            kind => own(workload, kind),
        };
        match Contender::start(name, command.env("COMPARE_CLOCK", &options.clock)) {
            Some(contender) => duel.contenders.push(contender),
            None => duel.missing.push(name),
        }
    }
    for round in 0..options.rounds {
        duel.peaks.push(peak());
        let mut line = format!("  round {}:", round + 1);
        for contender in &mut duel.contenders {
            let speed = contender.burst(options.seconds)?;
            line += &format!(" {} {speed:.0}", contender.name);
        }
        eprintln!("{line}");
    }
    Some(duel)
}

fn add_speeds(table: &mut Table, workload: &Workload, duel: &Duel) {
    let Some((ours, others)) = duel.contenders.split_first() else {
        return;
    };
    let speed = |contender: &Contender| {
        Spread::of(contender.speeds.iter().copied())
            .map_or_else(String::new, |spread| format!("{:.0}", spread.median))
    };
    for other in others {
        let ratios = ours.speeds.iter().zip(&other.speeds).map(|(ours, theirs)| ours / theirs);
        let Some(ratio) = Spread::of(ratios) else {
            continue;
        };
        let target = match other.name.as_str() {
            "torch" => Some(workload.target),
            "numpy" => Some(20.0),
            _ => None,
        };
        table.row(&[
            workload.name.into(),
            speed(ours),
            other.name.clone(),
            speed(other),
            ratio.to_string(),
            target.map_or_else(String::new, |target| format!("≥ {target}")),
            target.map_or("", |target| verdict(ratio.median >= target)).into(),
            format!("{:.4}, {:.4} (to step {})", ours.loss, other.loss, workload.warm_up),
        ]);
    }
    for name in &duel.missing {
        let cells = [workload.name, &speed(ours), name, "not installed"].map(String::from);
        table.row(&[&cells[..], &vec![String::new(); 4]].concat());
    }
    if others.is_empty() && duel.missing.is_empty() {
        let cells = [workload.name, &speed(ours)].map(String::from);
        table.row(&[&cells[..], &vec![String::new(); 6]].concat());
    }
}

fn add_products(table: &mut Table, workload: &Workload, duel: &Duel) {
    let operations = workload.operations() / workload.tokens_per_step() as f64;
    let rates = || duel.contenders[0].speeds.iter().map(|speed| speed * operations);
    let shares = rates().zip(&duel.peaks).map(|(rate, peak)| 100.0 * rate / peak);
    let spreads = (Spread::of(rates()), Spread::of(duel.peaks.iter().copied()), Spread::of(shares));
    let (Some(rate), Some(peak), Some(share)) = spreads else {
        return;
    };
    table.row(&[
        workload.name.into(),
        format!("{:.2}", workload.operations() / 1e9),
        format!("{:.0}", rate.median / 1e9),
        format!("{:.0} GFLOP/s", peak.median / 1e9),
        format!("{:.0} ({:.0}–{:.0})", share.median, share.low, share.high),
        "≥ 55".into(),
        verdict(share.median >= 55.0).into(),
    ]);
}
