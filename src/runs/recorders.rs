//! Several recorders as one.

use crate::nn::Parameters;
use crate::train::{Event, RecordError, Recorder, TrainError};

/// Several recorders as one: each takes every event, in order.
pub(crate) struct Recorders<'a>(pub Vec<Box<dyn Recorder + 'a>>);

impl Recorder for Recorders<'_> {
    fn record(&mut self, event: &Event<'_>) -> Result<(), RecordError> {
        self.0.iter_mut().try_for_each(|recorder| recorder.record(event))
    }

    fn restore_best(&self, parameters: &mut Parameters) -> Result<(), TrainError> {
        self.0.iter().try_for_each(|recorder| recorder.restore_best(parameters))
    }
}
