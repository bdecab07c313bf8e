//! What may be wired to what: the compiler knows. Each wiring that it refuses stands beside one that
//! it takes and that differs in nothing but the mistake.

use samebits::kernels::cell::{Gru, Lstm};
use samebits::nn::axis::{
    Batch, Classes, Concat, Embedded, Hidden, SourceTime, Time, Units, Vocabulary,
};
use samebits::nn::{
    AnyCell, Array, Const, Dropout, Embedding, Inputs, Layer, Linear, Module, OneHot, Tokens,
};

/// Units in one direction, their number known to the compiler.
type Wide<const H: usize> = Units<Const<1>, Const<H>>;

/// A layer of 128 units that reads `I`.
type Deep<I, C = Lstm> = Layer<C, I, Const<128>, Const<1>>;

/// What a layer of 128 units is given.
type Given<X, L = Time, C = Lstm> = Inputs<'static, X, L, C, Const<128>, Const<1>>;

/// Does not compile where a type takes what it should not: then `is_none` could be that of either
/// implementation.
macro_rules! refuses {
    ($layer:ty, $input:ty) => {
        const _: fn() = || {
            trait Refuses<Marker> {
                fn is_none() {}
            }
            impl<T> Refuses<()> for T {}
            struct Taken;
            impl<T: Module<$input>> Refuses<Taken> for T {}
            let _ = <$layer as Refuses<_>>::is_none;
        };
    };
}

/// Does not compile where a type refuses what it should take.
macro_rules! takes {
    ($layer:ty, $input:ty) => {
        const _: fn() = || {
            fn takes<T: Module<$input>>() {}
            takes::<$layer>();
        };
    };
}

// Widths between layers.
takes!(Deep<Wide<128>>, Given<Array<(Time, Batch, Wide<128>)>>);
refuses!(Deep<Wide<128>>, Given<Array<(Time, Batch, Wide<256>)>>);
refuses!(Deep<Wide<128>>, Given<Array<(Time, Batch, Units<Const<1>, usize>)>>);

// A size of run time has a name too.
takes!(Deep<Embedded>, Given<Array<(Time, Batch, Embedded)>>);
refuses!(Deep<Embedded>, Given<Array<(Time, Batch, Hidden)>>);

// Time and batch.
refuses!(Deep<Embedded>, Given<Array<(Batch, Time, Embedded)>>);

// The padding of another sequence.
takes!(Deep<Embedded>, Given<Array<(SourceTime, Batch, Embedded)>, SourceTime>);
refuses!(Deep<Embedded>, Given<Array<(SourceTime, Batch, Embedded)>, Time>);

// The state of another cell, or of one that is known at run time only.
takes!(Deep<Embedded, Gru>, Given<Array<(Time, Batch, Embedded)>, Time, Gru>);
refuses!(Deep<Embedded, Gru>, Given<Array<(Time, Batch, Embedded)>, Time, Lstm>);
refuses!(Deep<Embedded, Gru>, Given<Array<(Time, Batch, Embedded)>, Time, AnyCell>);

// Features where tokens are read, and tokens of something else.
takes!(Deep<OneHot<Vocabulary>>, Given<Tokens<Time, Vocabulary>>);
refuses!(Deep<OneHot<Vocabulary>>, Given<Tokens<Time, Classes>>);
refuses!(Deep<OneHot<Vocabulary>>, Given<Array<(Time, Batch, Embedded)>>);
takes!(Embedding<Vocabulary, Embedded>, Tokens<Time, Vocabulary>);
refuses!(Embedding<Vocabulary, Embedded>, Tokens<Time, Classes>);

// A decoder of another width; any axes may stand before the last.
takes!(Linear<Wide<128>, Vocabulary>, Array<(Time, Batch, Wide<128>)>);
takes!(Linear<Wide<128>, Vocabulary>, Array<(Batch, Wide<128>)>);
refuses!(Linear<Wide<128>, Vocabulary>, Array<(Time, Batch, Wide<256>)>);
refuses!(Linear<Wide<128>, Vocabulary>, Array<(Time, Batch, Units<Const<2>, Const<128>>)>);
refuses!(Linear<Concat<Embedded, Hidden>, Hidden>, Array<(Time, Batch, Concat<Hidden, Embedded>)>);

// Modules above one another are a tuple.
takes!((Linear<Embedded, Hidden>, Linear<Hidden, Classes>), Array<(Batch, Embedded)>);
refuses!((Linear<Embedded, Hidden>, Linear<Embedded, Classes>), Array<(Batch, Embedded)>);

// Dropout is of any shape.
takes!(Dropout, Array<(Time, Batch, Wide<128>)>);
