//! Words without a meaning of their own, in English and Indonesian.
//!
//! The most frequent function words of each language (articles, pronouns, prepositions, conjunctions, auxiliaries), written down here; the
//! Indonesian ones are those of F. Z. Tala, "A Study of Stemming Effects on Information Retrieval in Bahasa Indonesia" (2003), as far as
//! they are function words.

const ENGLISH: &str = "a about after again all also am an and any are as at be because been before being between both but by can could \
    did do does doing done down during each few for from further get got had has have having he her here hers him his how i if in into is it \
    its it's itself just let let's may me might more most must my myself need no nor not now of off on once only or other our ours out over \
    own please shall she should so some still such than that that's the their theirs them then there these they this those through to too \
    under until up us very was we were what when where whether which while who whom why will with within without would yes you your yours";

const INDONESIAN: &str = "ada adalah agar akan aku anda antara apa apabila apakah atas atau bagi bagaimana bahwa banyak beberapa begitu belum \
    berapa bila bisa boleh bukan buat cuma dan dapat dari daripada demi demikian dengan di dia dalam dong hal hanya harap harus hingga ia ialah ini itu \
    iya jadi jangan jika juga kalau kalian kami kamu kapan karena ke kemudian kepada ketika kita lagi lah lain lalu lebih maka mana masih \
    mau melainkan mereka merupakan mesti mohon mungkin nah namun nanti nya oleh pada paling para pasti perlu per pernah pula pun saat saja \
    sambil sampai samping sangat saya se sebab sebagai sebelum sebuah secara sedang sehingga sejak selain selalu selama semua seorang seperti serta \
    sesudah setelah setiap siapa sini situ suatu sudah supaya tadi tak tanpa tapi telah tentang terhadap tersebut tetapi tiap tidak tolong untuk \
    walau walaupun yaitu yakni yang";

/// By lower-case letters.
pub(super) fn is_stop(word: &str) -> bool {
    words().binary_search(&word).is_ok()
}

fn words() -> &'static [&'static str] {
    static WORDS: std::sync::LazyLock<Vec<&'static str>> = std::sync::LazyLock::new(|| {
        let mut words: Vec<&str> = ENGLISH.split_whitespace().chain(INDONESIAN.split_whitespace()).collect();
        words.sort_unstable();
        words.dedup();
        words
    });
    &WORDS
}
