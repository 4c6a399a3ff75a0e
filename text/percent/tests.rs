//! Expectations of `%` formats, from the reference interpreter.

use super::*;
use crate::goldens::string_cases;

#[test]
fn numbers_and_text() {
    for case in string_cases(include_str!("../goldens/percent.tsv")) {
        let [format, value, expected] = &case[..] else { panic!("{case:?}") };
        let mut out = StrBuilder::new();
        let mut error = None;
        for piece in Parser::new(Units::One(format.as_bytes()), false) {
            let directive = match piece {
                Err(e) => {
                    error = Some(e.message(false).to_owned());
                    break;
                }
                Ok(Piece::Literal(range)) => {
                    out.push_str(&format[range]);
                    continue;
                }
                Ok(Piece::Directive(directive)) => directive,
            };
            let field = Field::of(&directive);
            let conversion = char::from_u32(directive.conversion).unwrap();
            match conversion {
                'd' | 'i' | 'u' | 'o' | 'x' | 'X' => {
                    let base = if "xX".contains(conversion) { 16 } else { 10 - 2 * u32::from(conversion == 'o') };
                    let value: f64 = value.parse().unwrap();
                    let digits = crate::int_text::digits_of(value.abs() as u64, base);
                    write_integer(&mut out, value < 0.0, &digits, conversion, field);
                }
                'e' | 'E' | 'f' | 'F' | 'g' | 'G' => write_float(&mut out, value.parse().unwrap(), conversion, field),
                's' => write_text(&mut out, Units::One(value.as_bytes()), field, true),
                _ => {
                    error = Some(directive.unsupported());
                    break;
                }
            }
        }
        let shown = error.unwrap_or_else(|| out.to_string_lossy());
        assert_eq!(&shown, expected, "{format:?} % {value}");
    }
}

#[test]
fn keys() {
    let pieces = |text: &'static str| Parser::new(Units::One(text.as_bytes()), true).collect::<Result<Vec<_>, _>>();
    let Piece::Directive(d) = &pieces("%(a(b))-5s").unwrap()[0] else { panic!() };
    assert_eq!((d.key.clone(), d.width, d.flags.left), (Some(2..6), Count::Fixed(5), true));
    assert_eq!(pieces("%(a"), Err(PercentError::IncompleteKey));
    assert_eq!(pieces("%*.*"), Err(PercentError::Incomplete));
    assert_eq!(Parser::new(Units::One(b"%(a)s"), false).next(), Some(Err(PercentError::NeedsMapping)));
}
