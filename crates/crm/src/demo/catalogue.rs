//! What Maison Lumière sells: sixty things for the home in eight categories, each named in French and in English.

use super::people::Language;

/// A group of products. `id` stands in the events and does not change with the visitor's language, so conditions can
/// name it.
#[derive(Debug, PartialEq)]
pub struct Category {
    pub id: &'static str,
    pub sku_prefix: &'static str,
    french: &'static str,
    english: &'static str,
}

impl Category {
    pub fn name(&self, language: Language) -> &'static str {
        language.choose(self.french, self.english)
    }
}

/// One thing to buy; the price includes tax.
#[derive(Debug)]
pub struct Product {
    /// Place in `PRODUCTS`, from 0.
    pub place: usize,
    pub category: &'static Category,
    pub price_cents: i64,
    french: &'static str,
    english: &'static str,
}

impl Product {
    pub fn id(&self) -> String {
        format!("P{:03}", 101 + self.place)
    }

    pub fn sku(&self) -> String {
        format!("{}-{:03}", self.category.sku_prefix, 101 + self.place)
    }

    pub fn name(&self, language: Language) -> &'static str {
        language.choose(self.french, self.english)
    }
}

/// The products of one category, in catalogue order.
pub fn products_of(category: &Category) -> impl Iterator<Item = &'static Product> {
    PRODUCTS.iter().filter(move |product| product.category.id == category.id)
}

/// What people type into the search box.
pub fn search_words(language: Language) -> &'static [&'static str] {
    match language {
        Language::French => &FRENCH_SEARCHES,
        Language::English => &ENGLISH_SEARCHES,
    }
}

const fn category(id: &'static str, sku_prefix: &'static str, french: &'static str, english: &'static str) -> Category {
    Category { id, sku_prefix, french, english }
}

#[rustfmt::skip]
pub static CATEGORIES: [Category; 8] = [
    category("lamps", "LAM", "Luminaires", "Lamps"),
    category("tableware", "TAB", "Art de la table", "Tableware"),
    category("textiles", "TEX", "Linge de maison", "Home textiles"),
    category("candles", "CAN", "Bougies et senteurs", "Candles and scents"),
    category("decor", "DEC", "Décoration", "Decoration"),
    category("furniture", "FUR", "Petit mobilier", "Small furniture"),
    category("kitchen", "KIT", "Cuisine", "Kitchen"),
    category("shoes", "SHO", "Chaussons et espadrilles", "Slippers and espadrilles"),
];

const fn product(
    place: usize,
    category: usize,
    price_cents: i64,
    french: &'static str,
    english: &'static str,
) -> Product {
    Product { place, category: &CATEGORIES[category], price_cents, french, english }
}

#[rustfmt::skip]
pub static PRODUCTS: [Product; 60] = [
    product(0, 0, 8_900, "Lampe de table Opale", "Opale table lamp"),
    product(1, 0, 12_900, "Lampe de bureau Atelier", "Atelier desk lamp"),
    product(2, 0, 24_900, "Lampadaire Héron", "Héron floor lamp"),
    product(3, 0, 15_900, "Suspension en rotin Calanque", "Calanque rattan pendant"),
    product(4, 0, 18_500, "Suspension en verre fumé", "Smoked glass pendant"),
    product(5, 0, 6_900, "Applique murale Lune", "Lune wall light"),
    product(6, 0, 4_500, "Lampe baladeuse rechargeable", "Rechargeable portable lamp"),
    product(7, 0, 2_490, "Guirlande guinguette de 10 m", "Festoon lights, 10 m"),
    product(8, 0, 1_290, "Ampoule à filament ambrée", "Amber filament bulb"),
    product(9, 1, 5_900, "Service de 6 assiettes en grès", "Set of 6 stoneware plates"),
    product(10, 1, 3_400, "Lot de 4 bols Bretagne", "Set of 4 Bretagne bowls"),
    product(11, 1, 2_900, "Lot de 6 verres à eau soufflés", "Set of 6 blown water glasses"),
    product(12, 1, 4_200, "Lot de 6 verres à vin Bourgogne", "Set of 6 Bourgogne wine glasses"),
    product(13, 1, 7_800, "Ménagère de 24 couverts", "24-piece cutlery set"),
    product(14, 1, 3_900, "Plat de service ovale", "Oval serving dish"),
    product(15, 1, 3_200, "Carafe en verre recyclé", "Recycled glass carafe"),
    product(16, 1, 1_800, "Mug en grès émaillé", "Glazed stoneware mug"),
    product(17, 2, 9_900, "Housse de couette en lin lavé", "Washed linen duvet cover"),
    product(18, 2, 4_900, "Lot de 2 taies en lin", "Pair of linen pillowcases"),
    product(19, 2, 6_500, "Plaid en laine mérinos", "Merino wool throw"),
    product(20, 2, 3_500, "Coussin en velours côtelé", "Corduroy cushion"),
    product(21, 2, 5_400, "Nappe en lin 170 x 250", "Linen tablecloth, 170 x 250"),
    product(22, 2, 2_600, "Lot de 4 serviettes de table", "Set of 4 napkins"),
    product(23, 2, 3_900, "Drap de bain en coton bio", "Organic cotton bath sheet"),
    product(24, 2, 7_900, "Rideau occultant en lin", "Linen blackout curtain"),
    product(25, 3, 3_200, "Bougie figuier", "Fig tree candle"),
    product(26, 3, 3_200, "Bougie fleur d'oranger", "Orange blossom candle"),
    product(27, 3, 3_400, "Bougie feu de bois", "Wood fire candle"),
    product(28, 3, 4_500, "Diffuseur à bâtonnets lavande", "Lavender reed diffuser"),
    product(29, 3, 1_900, "Savon de Marseille liquide", "Liquid Marseille soap"),
    product(30, 3, 2_200, "Brume d'oreiller verveine", "Verbena pillow mist"),
    product(31, 3, 7_900, "Coffret de 3 bougies", "Box of 3 candles"),
    product(32, 4, 5_500, "Vase Galet en céramique", "Galet ceramic vase"),
    product(33, 4, 3_800, "Vase soliflore en verre", "Glass bud vase"),
    product(34, 4, 12_500, "Miroir rond en laiton", "Round brass mirror"),
    product(35, 4, 4_900, "Affiche encadrée Côte d'Azur", "Framed Côte d'Azur print"),
    product(36, 4, 2_900, "Cadre photo en chêne", "Oak photo frame"),
    product(37, 4, 3_600, "Panier tressé en jonc de mer", "Seagrass basket"),
    product(38, 4, 4_400, "Cache-pot en terre cuite", "Terracotta planter"),
    product(39, 4, 6_900, "Horloge murale Gare", "Gare wall clock"),
    product(40, 5, 14_900, "Table d'appoint en chêne", "Oak side table"),
    product(41, 5, 18_900, "Tabouret de bar Bistrot", "Bistrot bar stool"),
    product(42, 5, 11_900, "Chevet en cannage", "Cane bedside table"),
    product(43, 5, 22_900, "Fauteuil Canotier", "Canotier armchair"),
    product(44, 5, 8_900, "Étagère murale en frêne", "Ash wall shelf"),
    product(45, 5, 13_900, "Banc d'entrée", "Hallway bench"),
    product(46, 5, 7_500, "Portemanteau Arbre", "Arbre coat stand"),
    product(47, 6, 11_500, "Cocotte en fonte 24 cm", "Cast iron casserole, 24 cm"),
    product(48, 6, 5_900, "Poêle en acier 28 cm", "Carbon steel frying pan, 28 cm"),
    product(49, 6, 4_900, "Couteau de chef forgé", "Forged chef's knife"),
    product(50, 6, 3_600, "Planche à découper en hêtre", "Beech chopping board"),
    product(51, 6, 4_800, "Cafetière à piston", "French press"),
    product(52, 6, 1_600, "Torchon en métis", "Linen and cotton tea towel"),
    product(53, 6, 2_800, "Moulin à poivre", "Pepper mill"),
    product(54, 7, 3_900, "Chaussons en laine bouillie", "Boiled wool slippers"),
    product(55, 7, 6_900, "Mules en cuir", "Leather mules"),
    product(56, 7, 3_200, "Espadrilles basques", "Basque espadrilles"),
    product(57, 7, 4_500, "Espadrilles compensées", "Wedge espadrilles"),
    product(58, 7, 5_900, "Babouches berbères", "Berber babouches"),
    product(59, 7, 8_900, "Charentaises doublées", "Lined charentaise slippers"),
];

#[rustfmt::skip]
const FRENCH_SEARCHES: [&str; 12] = [
    "lampe", "vase", "bougie", "lin lavé", "cocotte", "espadrilles", "miroir rond", "guirlande", "assiettes grès",
    "coussin", "cadeau", "plaid laine",
];
#[rustfmt::skip]
const ENGLISH_SEARCHES: [&str; 12] = [
    "lamp", "vase", "candle", "washed linen", "casserole", "espadrilles", "round mirror", "festoon lights",
    "stoneware plates", "cushion", "gift", "wool throw",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_stands_at_its_place_and_every_category_sells_something() {
        assert!(PRODUCTS.iter().enumerate().all(|(place, product)| product.place == place && product.price_cents > 0));
        assert!(CATEGORIES.iter().all(|category| products_of(category).count() >= 5));
    }

    #[test]
    fn no_two_products_share_a_name_in_either_language() {
        for language in [Language::French, Language::English] {
            let mut names: Vec<&str> = PRODUCTS.iter().map(|product| product.name(language)).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), PRODUCTS.len());
        }
    }
}
